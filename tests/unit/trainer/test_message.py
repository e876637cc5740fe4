"""The termination message fits its limit and loses the least important things first."""

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.dataset import Snapshot
from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, RunResult, Verdict
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


def _test_of_gate(number: int, result: GateTestResult) -> GateTest:
    return GateTest(name=f"slice {number}", result=result, message="ö" * 120)


def test_tests_of_the_gate_that_passed_are_cut_before_columns_and_others_stay() -> None:
    gate = tuple(
        _test_of_gate(number, GateTestResult.FAILED if number == 9 else GateTestResult.PASSED)
        for number in range(16)
    )
    whole = _result("short")
    result = whole.result.model_copy(update={"gate": gate, "input_columns": _COLUMNS[:6]})
    cut = parse_termination_message(termination_message(TrainResult(result=result)))
    assert isinstance(cut, TrainResult)
    kept = len(cut.result.gate) - 1
    assert 0 < kept < 9
    assert cut.result == result.model_copy(update={"gate": (*gate[:kept], gate[9])})


def test_tests_of_the_gate_that_failed_go_after_all_columns_and_before_the_words() -> None:
    gate = tuple(_test_of_gate(number, GateTestResult.FAILED) for number in range(16))
    result = _result("ü" * 300).result.model_copy(update={"gate": gate})
    cut = parse_termination_message(termination_message(TrainResult(result=result)))
    assert isinstance(cut, TrainResult)
    kept = len(cut.result.gate)
    assert 0 < kept < 16
    assert cut.result == result.model_copy(update={"gate": gate[:kept], "input_columns": ()})


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
