"""The termination message fits its limit and loses the least important things first."""

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, RunResult, Verdict
from tidewheel_contracts.job import (
    MESSAGE_LIMIT,
    CollectResult,
    Failure,
    FailureReason,
    TrainResult,
    parse_termination_message,
)
from tidewheel_trainer.message import termination_message

_DIGEST = "sha256:" + "0" * 64
_COLUMNS = tuple(Column(name=f"{i:02}" + "ä" * 126, type="double") for i in range(32))
_SNAPSHOT = Snapshot(
    digest=_DIGEST, manifest_key="key", rows=1, labelled_rows=1, size_bytes=1, parts=1
)


def _result(message: str) -> TrainResult:
    return TrainResult(
        result=RunResult(
            verdict=Verdict.PASSED,
            verdict_reason="NotWorse",
            message=message,
            compared_with=ComparedWith.MODEL,
            candidate="boosting",
            input_columns=_COLUMNS,
        )
    )


def test_a_short_message_is_left_alone() -> None:
    failure = Failure(reason=FailureReason.SOURCE_EMPTY, message="no object")
    assert parse_termination_message(termination_message(failure)) == failure


def test_columns_are_cut_from_their_end() -> None:
    whole = CollectResult(
        snapshot=_SNAPSHOT,
        source_fingerprint=_DIGEST,
        columns=_COLUMNS,
        ignored_columns=("x" * 100,),
    )
    text = termination_message(whole)
    cut = parse_termination_message(text)
    assert isinstance(cut, CollectResult)
    kept = len(cut.columns)
    assert 0 < kept < 32
    assert cut == whole.model_copy(update={"columns": _COLUMNS[:kept], "ignored_columns": ()})
    assert len(text.encode()) <= MESSAGE_LIMIT


def test_words_are_cut_after_all_columns_are_gone() -> None:
    text = termination_message(_result("ü" * 2500))
    cut = parse_termination_message(text)
    assert isinstance(cut, TrainResult)
    assert cut.result.input_columns == ()
    assert cut.result.message.endswith("ü…")
    assert MESSAGE_LIMIT - 20 < len(text.encode()) <= MESSAGE_LIMIT


def test_a_message_of_control_characters_fits_too() -> None:
    failure = Failure(reason=FailureReason.INTERNAL, message="\x01" * 3000)
    assert len(termination_message(failure).encode()) <= MESSAGE_LIMIT


def test_failed_checks_are_cut_from_their_end_and_the_words_stay() -> None:
    failure = Failure(
        reason=FailureReason.CHECK_FAILED,
        message="the rows fail 10 checks",
        failures=tuple(f"{number} " + "ö" * 500 for number in range(10)),
    )
    text = termination_message(failure)
    cut = parse_termination_message(text)
    assert isinstance(cut, Failure)
    kept = len(cut.failures)
    assert 0 < kept < 10
    assert cut == failure.model_copy(update={"failures": failure.failures[:kept]})
    assert len(text.encode()) <= MESSAGE_LIMIT
