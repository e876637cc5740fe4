"""What the published fit may cost."""

import pytest

from tidewheel_contracts.api.v1alpha1.gate import Limits
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.gate.limits import Cost, limit_decisions

ALL = Limits(training_seconds=60, model_bytes=1_000_000, prediction_milliseconds="2.5")
SECONDS = ("limit trainingSeconds", "Does what would be published keep trainingSeconds?")
BYTES = ("limit modelBytes", "Does what would be published keep modelBytes?")
MILLISECONDS = (
    "limit predictionMilliseconds",
    "Does what would be published keep predictionMilliseconds?",
)


def test_a_fit_within_its_limits_passes_and_times_are_kept_apart() -> None:
    assert limit_decisions(ALL, Cost(60.0, 1_000_000, 2.5)) == (
        Decision(*SECONDS, Answer.YES, "at most 60 is asked", timed="60 measured"),
        Decision(
            *BYTES,
            Answer.YES,
            "1,000,000, at most 1,000,000 is asked",
            (("modelBytes", 1_000_000.0),),
        ),
        Decision(*MILLISECONDS, Answer.YES, "at most 2.5 is asked", timed="2.5 measured"),
    )


def test_each_limit_that_is_exceeded_refuses_with_the_measured_number() -> None:
    decisions = limit_decisions(ALL, Cost(60.01, 1_000_001, 2.5001))
    assert [(each.answer, each.reason, each.missed) for each in decisions] == [
        (Answer.NO, "LimitExceeded", "trainingSeconds of at most 60 (found 60.01)"),
        (Answer.NO, "LimitExceeded", "modelBytes of at most 1,000,000 (found 1,000,001)"),
        (Answer.NO, "LimitExceeded", "predictionMilliseconds of at most 2.5 (found 2.5001)"),
    ]


def test_before_there_is_a_fit_no_limit_is_reached() -> None:
    assert [each.answer for each in limit_decisions(ALL, None)] == [Answer.NOT_REACHED] * 3


@pytest.mark.parametrize("cost", [None, Cost(1e6, 2**40, None)])
def test_what_is_not_asked_is_not_tested(cost: Cost | None) -> None:
    assert limit_decisions(Limits(), cost) == ()
