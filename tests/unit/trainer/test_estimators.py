"""What a candidate may ask for, and the sentence when it asks for more."""

import importlib
from typing import Any

import pytest
from sklearn.ensemble import VotingClassifier
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, FOREST, LOGISTIC
from tidewheel_trainer.train.estimators import (
    checked_parameters,
    estimator,
    refuse_other_task,
)
from tidewheel_trainer.train.target import Target


def _candidate(estimator: str, **parameters: Any) -> Candidate:
    return Candidate(name="one", estimator=estimator, parameters=parameters)


def test_what_the_user_gives_wins_over_our_defaults() -> None:
    asked = _candidate(BOOSTING, max_iter=80, early_stopping=True)
    assert checked_parameters(asked) == {"early_stopping": True, "max_iter": 80}


def test_our_defaults_are_part_of_the_recipe() -> None:
    found = [checked_parameters(_candidate(name)) for name in (BOOSTING, FOREST, LOGISTIC)]
    assert found == [{"early_stopping": False}, {}, {"max_iter": 1000}]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("os.system", ""),
        (
            "sklearn.ensemble.RandomForest",
            " (did you mean 'sklearn.ensemble.RandomForestRegressor' or "
            "'sklearn.ensemble.RandomForestClassifier'?)",
        ),
    ],
)
def test_an_unknown_estimator_is_answered_with_the_list(name: str, near: str) -> None:
    with pytest.raises(TrainerError) as caught:
        checked_parameters(_candidate(name))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ESTIMATOR_UNKNOWN,
        f"candidate 'one' names the estimator {name!r}{near}; allowed are {', '.join(ALLOWED)}",
    )


@pytest.mark.parametrize("name", list(ALLOWED))
def test_every_estimator_is_known_by_its_own_name_and_takes_seed_and_threads(name: str) -> None:
    module, _, short = name.rpartition(".")
    built = estimator(name, checked_parameters(_candidate(name)), seed=7)
    if isinstance(built, VotingClassifier):
        [(_, built)] = built.estimators
    assert getattr(importlib.import_module(module), short) is type(built)
    parameters = built.get_params(deep=False)
    assert parameters.get("random_state", 7) == 7
    # None and 0 are as many as the run may use.
    assert parameters.get("n_jobs", None) in {None, 0}


def test_a_list_of_numbers_is_a_parameter() -> None:
    asked = _candidate("sklearn.neural_network.MLPClassifier", hidden_layer_sizes=[16, 8])
    assert checked_parameters(asked) == {"hidden_layer_sizes": [16, 8]}


def test_a_loss_without_probabilities_is_refused() -> None:
    with pytest.raises(TrainerError) as caught:
        checked_parameters(_candidate("sklearn.linear_model.SGDClassifier", loss="hinge"))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'one': SGDClassifier gives no probabilities with these parameters; choose "
        "another `loss`",
    )


HISTOGRAM = "sklearn.ensemble.HistGradientBoostingRegressor"
NUMBERS, CLASSES = target_of([1.5, 2.0, 7.25]), target_of(["a", "b", "c"])
GRADES = target_of([1, 2, 3])


@pytest.mark.parametrize(
    ("name", "target", "fault"),
    [
        (
            BOOSTING,
            NUMBERS,
            "HistGradientBoostingClassifier predicts classes, and the target 'late' is taken for "
            f"a number; use '{HISTOGRAM}', or set the Dataset's `target.task` to Classification",
        ),
        (
            HISTOGRAM,
            GRADES,
            "HistGradientBoostingRegressor predicts a number, and the target 'late' is taken for "
            f"3 classes; use '{BOOSTING}', or set the Dataset's `target.task` to Regression",
        ),
        (
            HISTOGRAM,
            CLASSES,
            "HistGradientBoostingRegressor predicts a number, and the target 'late' is taken for "
            f"3 classes; use '{BOOSTING}'",
        ),
        (
            LOGISTIC,
            NUMBERS,
            "LogisticRegression predicts classes, and the target 'late' is taken for a number; use "
            "'sklearn.linear_model.LinearRegression', or set the Dataset's `target.task` to "
            "Classification",
        ),
    ],
)
def test_an_estimator_of_the_other_task_is_answered_with_its_counterpart(
    name: str, target: Target, fault: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        refuse_other_task([_candidate(name)], target, "late")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        f"candidate 'one': {fault}",
    )


def test_an_estimator_without_a_counterpart_is_answered_with_the_list() -> None:
    with pytest.raises(TrainerError) as caught:
        refuse_other_task([_candidate("sklearn.svm.LinearSVR")], GRADES, "late")
    classifiers = [name for name in ALLOWED if ALLOWED[name].task is Task.CLASSIFICATION]
    assert f"; use one of {', '.join(classifiers)}, or set " in caught.value.message


def test_estimators_of_the_target_are_no_fault() -> None:
    refuse_other_task([_candidate(BOOSTING), _candidate(FOREST)], CLASSES, "late")
    refuse_other_task([_candidate(HISTOGRAM)], NUMBERS, "late")


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"trees": 3}, "RandomForestClassifier has no parameter 'trees'; it has bootstrap, "),
        (
            {"n_estimator": 3},
            "RandomForestClassifier has no parameter 'n_estimator' (did you mean 'n_estimators'?)",
        ),
        ({"n_jobs": 4}, "RandomForestClassifier parameter 'n_jobs' is set by Tidewheel; leave"),
        ({"random_state": 4}, "RandomForestClassifier parameter 'random_state' is set by Tidew"),
        ({"class_weight": {"a": 1}}, "RandomForestClassifier parameter 'class_weight' must be a"),
        ({"n_estimators": -1}, "RandomForestClassifier refuses a parameter: The 'n_estimators'"),
        ({"n_estimators": "many"}, "RandomForestClassifier refuses a parameter: The 'n_estima"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(parameters: dict[str, Any], fault: str) -> None:
    with pytest.raises(TrainerError) as caught:
        checked_parameters(_candidate(FOREST, **parameters))
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith(f"candidate 'one': {fault}")
