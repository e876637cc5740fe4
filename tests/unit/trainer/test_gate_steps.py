"""What the gate asked, in its order, as its judgement has it."""

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, RunResult, Verdict
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.run_report.findings import GateStep
from tidewheel_trainer.run_report.importance import Importance
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate import Measured, judge, judge_tie
from tidewheel_trainer.train.gate_steps import gate_steps
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import MEASURES
from tidewheel_trainer.train.outcome import Trial
from tidewheel_trainer.train.reporting import refused_result

ACCURACY = MEASURES[MetricName.ACCURACY]
LOG_LOSS = MEASURES[MetricName.LOG_LOSS]
RECIPE = Recipe(
    candidate="boosting",
    estimator="sklearn.ensemble.HistGradientBoostingClassifier",
    parameters={},
    numeric=("wind",),
    categorical=(),
    target="late",
    time=None,
    seed=0,
)
TRUTH = np.array([1, 0, 1, 0])
# Right in three of four rows.
ANSWERS = np.array([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]])
WORSE = Comparison(ACCURACY, 0.75, 0.8, -0.05, 0.001, 12)
BETTER = Comparison(ACCURACY, 0.75, 0.7, 0.05, 0.001, 12)
ALIKE = Comparison(ACCURACY, 0.75, 0.75, 0.0, 0.0, 12, alike=True)
UNDECIDED = Comparison(ACCURACY, 0.75, 0.75, 0.0, 0.0, 12)


def _steps(
    compared: Comparison | None = None,
    *bounds: Bound,
    last_third: Comparison | Shortage | None = None,
) -> tuple[GateStep, ...]:
    """Return the steps of a candidate that the gate judged."""
    with_what = ComparedWith.NOTHING if compared is None else ComparedWith.MODEL
    values = [(bound, bound.measure.function(TRUTH, ANSWERS)) for bound in bounds]
    judgement = judge(Measured(ACCURACY, 0.75, 4, values), compared, with_what=with_what)
    if judgement.verdict is Verdict.UNTESTED:
        judgement = judge_tie(judgement, last_third)
    trial = Trial(
        recipe=RECIPE,
        validations=(),
        compared_with=with_what,
        compared=compared,
        judgement=judgement,
        measure=ACCURACY,
        bounds=bounds,
        classes=("no", "yes"),
        truth=TRUTH,
        answers=ANSWERS,
        champion_answers=None,
        clusters=np.arange(4),
        test_from=None,
        test_through=None,
        left_out_rows=0,
        importance=Importance((), None),
    )
    return gate_steps(refused_result(trial, "abc"), trial)


LOW, HIGH = Bound(ACCURACY, minimum=0.7), Bound(ACCURACY, minimum=0.9)


@pytest.mark.parametrize(
    ("steps", "answers"),
    [
        pytest.param(_steps(), ["not asked"] * 3, id="a first model"),
        pytest.param(_steps(None, LOW), ["yes", "not asked", "not asked"], id="reached"),
        pytest.param(_steps(None, HIGH), ["no", "not reached", "not reached"], id="missed"),
        pytest.param(_steps(BETTER, HIGH), ["no", "not reached", "not reached"], id="missed first"),
        pytest.param(_steps(BETTER), ["not asked", "yes", "not asked"], id="better"),
        pytest.param(_steps(WORSE, LOW), ["yes", "no", "not reached"], id="worse"),
        pytest.param(_steps(ALIKE), ["not asked", "tie", "yes"], id="tie"),
        pytest.param(_steps(UNDECIDED), ["not asked", "tie", "yes"], id="no difference"),
        pytest.param(_steps(ALIKE, last_third=WORSE), ["not asked", "tie", "no"], id="veto"),
        pytest.param(_steps(ALIKE, last_third=BETTER), ["not asked", "tie", "yes"], id="no veto"),
    ],
)
def test_each_question_is_answered_as_the_gate_judged(
    steps: tuple[GateStep, ...], answers: list[str]
) -> None:
    assert [step.answer for step in steps] == ["yes", *answers]


def test_the_numbers_are_told() -> None:
    steps = _steps(WORSE, LOW, Bound(LOG_LOSS, minimum=0.1, maximum=0.9))
    assert [step.found for step in steps] == [
        "4 test rows",
        "accuracy 0.7500, at least 0.7 is asked; log_loss 0.8483, at least 0.1 and at most 0.9 is "
        "asked",
        "accuracy: candidate 0.7500, champion 0.8000, difference -0.0500 with a standard error of "
        "0.0010 over 12 clusters; -0.0060 is allowed",
        "",
    ]


def test_an_error_may_be_larger() -> None:
    error = Comparison(LOG_LOSS, 0.5123, 0.5, 0.0123, 0.001, 12)
    assert _steps(error)[2].found == (
        "log_loss: candidate 0.5123, champion 0.5, difference +0.0123 with a standard error of "
        "0.001 over 12 clusters; +0.005 is allowed"
    )


def test_a_tie_says_what_its_veto_test_found() -> None:
    assert _steps(ALIKE, last_third=Shortage("the test rows are 600"))[3].found == (
        "the same model met itself; no veto test on its last third: the test rows are 600"
    )


def test_too_few_rows_end_it_at_once() -> None:
    result = RunResult(
        verdict=Verdict.INCONCLUSIVE,
        verdict_reason="TooFewRows",
        message="the test rows are 600",
        compared_with=ComparedWith.NOTHING,
        candidate="",
    )
    assert [(step.answer, step.found) for step in gate_steps(result, None)] == [
        ("no", "the test rows are 600"),
        *[("not reached", "")] * 3,
    ]
