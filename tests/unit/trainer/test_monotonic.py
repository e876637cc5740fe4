"""Features in which an answer only rises or only falls."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import SMALL, recipe_of
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.common import Candidate, Training
from tidewheel_contracts.api.v1alpha1.features import Monotonic
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, FOREST, LOGISTIC
from tidewheel_trainer.train.estimators import checked_parameters
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.monotonic import (
    check_monotonic,
    constraints,
    refuse_monotonic_of_classes,
)
from tidewheel_trainer.train.pipelines import answers, fitted

_ABLE = (
    "RandomForestClassifier, ExtraTreesClassifier, HistGradientBoostingClassifier, "
    "DecisionTreeClassifier, RandomForestRegressor, ExtraTreesRegressor, "
    "HistGradientBoostingRegressor, DecisionTreeRegressor, XGBClassifier, XGBRFClassifier, "
    "LGBMClassifier, XGBRegressor, XGBRFRegressor, LGBMRegressor"
)
_ROWS = 300
_DICE = np.random.default_rng(5)
_WIND = np.where(_DICE.random(_ROWS) < 0.1, np.nan, _DICE.normal(size=_ROWS))
_HEAT = _DICE.normal(size=_ROWS)
_LETTER = np.where(_DICE.random(_ROWS) < 0.5, "a", "b").astype(object)
_NOISE = _DICE.normal(size=_ROWS)
_BOTH = (
    Monotonic.model_validate({"column": "heat", "direction": "Decreasing"}),
    Monotonic.model_validate({"column": "wind", "direction": "Increasing"}),
)


def _frame() -> pd.DataFrame:
    # A column without any number is left aside, which moves the places of those behind it.
    empty = np.full(_ROWS, np.nan)
    return pd.DataFrame({"empty": empty, "wind": _WIND, "heat": _HEAT, "letter": _LETTER})


def _recipe(estimator: str, monotonic: tuple[Monotonic, ...]) -> Recipe:
    recipe = recipe_of(
        estimator,
        SMALL.get(estimator, {}),
        numeric=("empty", "wind", "heat"),
        categorical=("letter",),
    )
    return recipe.model_copy(update={"monotonic": monotonic})


def _answers(estimator: str, monotonic: tuple[Monotonic, ...], **moved: Any) -> np.ndarray:
    """Return the answers to rows that differ from those learned by what moved."""
    recipe = _recipe(estimator, monotonic)
    noisy = np.nan_to_num(_WIND) - _HEAT + 2 * _NOISE
    is_number = ALLOWED[estimator].task is Task.REGRESSION
    labels, values = (noisy, np.empty(0)) if is_number else (noisy > 0, np.array([False, True]))
    model = fitted(recipe, _frame(), labels)
    found = answers(model, recipe, _frame().assign(**moved), values)
    return found if is_number else found[:, 1]


@pytest.mark.parametrize(
    "estimator", [name for name, allowed in ALLOWED.items() if allowed.constrained]
)
def test_answers_rise_and_fall_with_the_features_as_said(estimator: str) -> None:
    steps = np.linspace(-2, 2, 9)
    rising = np.diff([_answers(estimator, _BOTH, wind=wind) for wind in steps], axis=0)
    falling = np.diff([_answers(estimator, _BOTH, heat=heat) for heat in steps], axis=0)
    assert (rising.min() >= 0, rising.max() > 0) == (True, True)
    assert (falling.max() <= 0, falling.min() < 0) == (True, True)
    # Noise bends the answers of a fit without constraints.
    free = np.diff([_answers(estimator, (), wind=wind) for wind in steps], axis=0)
    assert (free.min() < 0, free.max() > 0) == (True, True)


@pytest.mark.parametrize("estimator", [BOOSTING, FOREST])
def test_equal_fits_have_equal_bytes_that_are_read_back(estimator: str) -> None:
    recipe = _recipe(estimator, _BOTH)
    one, other = (model_bytes(fitted(recipe, _frame(), _HEAT > 0)) for _ in range(2))
    assert one == other
    cst = read_model(one, "model.skops").named_steps["estimator"].monotonic_cst
    # A forest's missing wind is filled, and tells so in a column of its own.
    assert cst == {BOOSTING: [1, -1, 0], FOREST: [1, -1, 0, 0]}[estimator]


def test_columns_behind_the_numbers_are_free() -> None:
    assert constraints(_recipe(BOOSTING, _BOTH), ["wind", "count", "heat"], 6) == [
        1,
        0,
        -1,
        0,
        0,
        0,
    ]


def _refusal(estimator: str) -> tuple[FailureReason, str]:
    monotonic = [{"column": "wind", "direction": "Increasing"}]
    training = Training.model_validate(
        {
            "candidates": [{"name": "one", "estimator": estimator}],
            "features": {"monotonic": monotonic},
        }
    )
    with pytest.raises(TrainerError) as caught:
        check_monotonic(training, ("wind",) if estimator == LOGISTIC else ("heat",))
    return caught.value.reason, caught.value.message


def test_an_estimator_that_cannot_heed_them_is_answered_with_those_that_can() -> None:
    assert _refusal(LOGISTIC) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'one': LogisticRegression takes no monotonic features; leave "
        f"`features.monotonic` out, or use one of {_ABLE}",
    )


def test_a_column_that_is_no_numeric_feature_is_named() -> None:
    assert _refusal(BOOSTING) == (
        FailureReason.PARAMETER_INVALID,
        "`features.monotonic` names 'wind', which is no numeric feature of this run; name it in "
        "`features.numeric`, or take it out",
    )


def test_three_classes_have_no_one_answer_that_could_rise() -> None:
    refuse_monotonic_of_classes(_BOTH, target_of(["a", "b"]), "late")
    refuse_monotonic_of_classes(_BOTH, target_of([1.5, 2.5, 4.0]), "late")
    refuse_monotonic_of_classes((), target_of(["a", "b", "c"]), "late")
    with pytest.raises(TrainerError) as caught:
        refuse_monotonic_of_classes(_BOTH, target_of(["a", "b", "c"]), "late")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "`features.monotonic` needs a target of two classes or a number, and 'late' has 3 classes; "
        "leave it out, or make two of them by a `derive` step",
    )


def test_the_parameter_by_places_is_refused_for_the_one_by_names() -> None:
    asked = Candidate(name="one", estimator=FOREST, parameters={"monotonic_cst": [1, 0]})
    with pytest.raises(TrainerError) as caught:
        checked_parameters(asked)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'one': RandomForestClassifier parameter 'monotonic_cst' is set by Tidewheel; "
        "name columns in `features.monotonic`",
    )
