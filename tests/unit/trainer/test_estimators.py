"""What a candidate may ask for, and the sentence when it asks for more."""

from typing import Any

import pytest

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimators import BOOSTING, FOREST, LOGISTIC, checked_parameters


def _candidate(estimator: str, **parameters: Any) -> Candidate:
    return Candidate(name="one", estimator=estimator, parameters=parameters)


def test_what_the_user_gives_wins_over_our_defaults() -> None:
    asked = _candidate(BOOSTING, max_iter=80, early_stopping=True)
    assert checked_parameters(asked) == {"early_stopping": True, "max_iter": 80}


def test_our_defaults_are_part_of_the_recipe() -> None:
    found = [checked_parameters(_candidate(name)) for name in (BOOSTING, FOREST, LOGISTIC)]
    assert found == [{"early_stopping": False}, {}, {"max_iter": 1000}]


def test_an_unknown_estimator_is_answered_with_the_three() -> None:
    with pytest.raises(TrainerError) as caught:
        checked_parameters(_candidate("os.system"))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.ESTIMATOR_UNKNOWN,
        "candidate 'one' names the estimator 'os.system'; allowed are "
        "sklearn.linear_model.LogisticRegression, sklearn.ensemble.RandomForestClassifier, "
        "sklearn.ensemble.HistGradientBoostingClassifier",
    )


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"trees": 3}, "RandomForestClassifier has no parameter 'trees'; it has bootstrap, "),
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
