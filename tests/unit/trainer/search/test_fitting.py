"""One trial is fitted and scored; its failures are outcomes, those of the store are not."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.trainer.search.searches import DEPTH, outcome, request_fields, task, tree

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason, SearchRequest
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search import fitting
from tidewheel_trainer.search.plan import planned_round
from tidewheel_trainer.search.planned import PlannedTrial
from tidewheel_trainer.search.trial_rows import trial_rows
from tidewheel_trainer.train.dividing import test_rows as rows_to_test
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import gathered
from tidewheel_trainer.train.run import run_of

(TRIAL,) = planned_round(task(tree(DEPTH), trials=1), 0, ())
Fit = Callable[[PlannedTrial], SearchTrial]


@pytest.fixture
def fit(store: Any, data: Any, surroundings: Any, progress: Any) -> Fit:
    """Return a function that fits a trial on a snapshot, with three folds."""
    request = SearchRequest.model_validate(request_fields(data, tree(DEPTH), folds=3))
    run = run_of(request, store, surroundings, progress)
    material = gathered(run)
    split = rows_to_test(run, material)
    assert not isinstance(split, Shortage)
    rows = trial_rows(run, material, split)
    assert not isinstance(rows, Shortage)
    return lambda trial: fitting.fitted_trial(trial, material, rows, surroundings)


def _failing(error: Exception) -> Callable[..., float]:
    def fail(*_: Any) -> float:
        raise error

    return fail


def test_a_score_is_the_mean_over_folds_with_all_its_digits(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter((1.5, -1.0, 0.5))
    monkeypatch.setattr(fitting, "score", lambda *_: next(scores))
    # The largest fold learns ten days of 150 rows.
    assert fit(TRIAL) == outcome(TRIAL, "0.3333333333333333", learned_rows=1500)


def test_a_small_score_has_no_exponent(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "score", lambda *_: -1.5e-9)
    assert fit(TRIAL).score == "-0.0000000015"


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (MemoryError(), "its fit asks for more memory than there is"),
        (ValueError("no"), "its fit or its answers fail with ValueError('no')"),
        (ZeroDivisionError(), "its fit or its answers fail with ZeroDivisionError()"),
        (IndexError("no"), "its fit or its answers fail with IndexError('no')"),
        (TypeError("no"), "its fit or its answers fail with TypeError('no')"),
        (TrainerError(FailureReason.PARAMETER_INVALID, "no"), "no"),
        (TrainerError(FailureReason.NO_FEATURES, "x" * 900), "x" * 500),
        (TrainerError(FailureReason.METRIC_UNAVAILABLE, "no"), "no"),
    ],
    ids=["memory", "value", "arithmetic", "lookup", "type", "parameter", "features", "metric"],
)
def test_a_fit_that_fails_is_an_outcome(
    fit: Fit, monkeypatch: pytest.MonkeyPatch, error: Exception, failure: str
) -> None:
    monkeypatch.setattr(fitting, "fitted", _failing(error))
    reason = error.reason if isinstance(error, TrainerError) else None
    assert fit(TRIAL) == outcome(TRIAL, failure=failure, failure_reason=reason, learned_rows=1500)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_a_failure(
    fit: Fit, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    monkeypatch.setattr(fitting, "score", lambda *_: score)
    assert fit(TRIAL) == outcome(
        TRIAL,
        failure="its score is no finite number",
        failure_reason="MetricUnavailable",
        learned_rows=1500,
    )


def test_parameters_that_only_together_are_refused_are_an_outcome(fit: Fit) -> None:
    (trial,) = planned_round(task(tree(max_depth=0), trials=1), 0, ())
    found = fit(trial)
    assert found.score is None
    assert (found.failure or "").startswith("candidate 'tree': DecisionTreeClassifier refuses a ")


def test_a_fault_of_something_else_ends_the_pod(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = TrainerError(FailureReason.STORE_UNAVAILABLE, "the store does not answer")
    monkeypatch.setattr(fitting, "fitted", _failing(fault))
    with pytest.raises(TrainerError) as caught:
        fit(TRIAL)
    assert caught.value is fault
