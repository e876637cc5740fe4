"""What rows weigh in a fit, and what cannot be a weight."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.trainer.recipes import SMALL, recipe_of

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.api.v1alpha1.features import Weights
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, FOREST, LOGISTIC
from tidewheel_trainer.train.model_file import model_bytes
from tidewheel_trainer.train.pipelines import answers, fitted
from tidewheel_trainer.train.weights import (
    check_weights,
    refuse_class_weights_of_a_number,
    refuse_unusable_weights,
    weighed_rows,
)

_LINEAR = "sklearn.linear_model.LinearRegression"
_NEIGHBOURS = "sklearn.neighbors.KNeighborsClassifier"
_WITHOUT = {
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.neighbors.KNeighborsClassifier",
    "sklearn.neighbors.KNeighborsRegressor",
}
_WEIGHABLE = [name for name in ALLOWED if name not in _WITHOUT]
_COLUMNS = tuple(
    SnapshotColumn(name=name, type=kind)
    for name, kind in {
        "day": "timestamp[us]",
        "late": "bool",
        "hour": "int64",
        "carrier": "string",
        "cold": "bool",
    }.items()
)
_ROLES = {"late": "target", "day": "time"}
_ROWS = 300
_DICE = np.random.default_rng(5)
_NUMBER = _DICE.normal(size=_ROWS)
_COUNTS = _DICE.integers(0, 3, _ROWS)
_RARE = _NUMBER + _DICE.normal(size=_ROWS) > 1.5


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"number": _NUMBER, "count": _COUNTS.astype(np.float64)})


def _recipe(estimator: str, **weights: Any) -> Recipe:
    small = SMALL.get(estimator, {})
    recipe = recipe_of(estimator, small, numeric=("number",), categorical=())
    return recipe.model_copy(
        update={"weights": Weights.model_validate(weights) if weights else None}
    )


def _labels(estimator: str) -> np.ndarray:
    return _NUMBER**2 + 1 if ALLOWED[estimator].task is Task.REGRESSION else _RARE


def _training(estimator: str, space: Any = (), **given: Any) -> Training:
    parameters = given.pop("parameters", {})
    named = {"name": "one", "estimator": estimator, "parameters": parameters, "space": space}
    return Training.model_validate({"candidates": [named], "weights": given})


def _refusal(training: Training) -> tuple[FailureReason, str]:
    with pytest.raises(TrainerError) as caught:
        check_weights(training, _COLUMNS, _ROLES)
    return caught.value.reason, caught.value.message


def test_without_weights_rows_weigh_alike() -> None:
    frame = _frame()
    rows = weighed_rows(_recipe(LOGISTIC), frame, _RARE)
    assert (rows.frame is frame, rows.labels is _RARE, rows.weights) == (True, True, None)


def test_balanced_classes_weigh_the_same_in_all() -> None:
    frame = pd.DataFrame({"number": np.zeros(4)})
    rows = weighed_rows(_recipe(LOGISTIC, classes="Balanced"), frame, np.array(list("aaab")))
    assert rows.weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])


def test_classes_and_column_multiply_and_a_row_of_weight_nothing_is_not_learned() -> None:
    frame = pd.DataFrame({"count": [1.0, 0.5, 0.0, 2.0, 3.0]})
    recipe = _recipe(LOGISTIC, classes="Balanced", column="count")
    rows = weighed_rows(recipe, frame, np.array([1, 1, 2, 1, 2]))
    assert rows.frame["count"].tolist() == [1.0, 0.5, 2.0, 3.0]
    assert rows.labels.tolist() == [1, 1, 1, 2]
    assert rows.weights == pytest.approx([2 / 3, 1 / 3, 4 / 3, 6])


def test_a_row_of_weight_two_is_learned_as_two_rows() -> None:
    frame, target = _frame(), _NUMBER**2
    weighed = fitted(_recipe(_LINEAR, column="count"), frame, target)
    places = np.repeat(np.arange(_ROWS), _COUNTS)
    repeated = fitted(_recipe(_LINEAR), frame.iloc[places], target[places])
    plain = fitted(_recipe(_LINEAR), frame, target)
    assert weighed.predict(frame) == pytest.approx(repeated.predict(frame))
    assert weighed.predict(frame) != pytest.approx(plain.predict(frame), rel=1e-3)


def test_balance_moves_the_mean_probability_of_a_rare_class_to_its_middle() -> None:
    plain, balanced = _recipe(LOGISTIC), _recipe(LOGISTIC, classes="Balanced")
    means = [
        answers(fitted(one, _frame(), _RARE), one, _frame(), np.array([False, True]))[:, 1]
        for one in (plain, balanced)
    ]
    weights = weighed_rows(balanced, _frame(), _RARE).weights
    # A logistic regression's weighted mean probability is the weighted share of the class.
    assert means[0].mean() == pytest.approx(_RARE.mean(), abs=1e-3)
    assert np.average(means[1], weights=weights) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("estimator", _WEIGHABLE)
def test_every_estimator_that_takes_weights_learns_by_them(estimator: str) -> None:
    labels = _labels(estimator)
    recipe = _recipe(estimator, column="count")
    one, other = (model_bytes(fitted(recipe, _frame(), labels)) for _ in range(2))
    assert one == other
    assert one != model_bytes(fitted(_recipe(estimator), _frame(), labels))
    check_weights(_training(estimator, column="hour"), _COLUMNS, _ROLES)


@pytest.mark.parametrize("estimator", sorted(_WITHOUT))
def test_an_estimator_that_takes_no_weights_is_answered_with_those_that_do(estimator: str) -> None:
    others = ", ".join(name.rpartition(".")[2] for name in _WEIGHABLE)
    assert _refusal(_training(estimator, column="hour")) == (
        FailureReason.PARAMETER_INVALID,
        f"candidate 'one': {estimator.rpartition('.')[2]} takes no weights; leave `weights` out, "
        f"or use one of {others}",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"parameters": {"class_weight": "balanced"}},
        {"space": [{"parameter": "class_weight", "choice": {"values": ["balanced", None]}}]},
    ],
)
def test_classes_are_not_weighed_twice(given: dict[str, Any]) -> None:
    assert _refusal(_training(FOREST, classes="Balanced", **given)) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'one': parameter 'class_weight' and `weights.classes` both weigh the classes; "
        "keep one",
    )


def test_a_class_weight_beside_a_column_is_the_users_choice() -> None:
    training = _training(FOREST, column="hour", parameters={"class_weight": "balanced"})
    check_weights(training, _COLUMNS, _ROLES)


@pytest.mark.parametrize(
    ("column", "reason", "message"),
    [
        (
            "delay",
            FailureReason.COLUMN_MISSING,
            "the snapshot has no column 'delay', which `weights.column` names; correct it, or "
            "deliver the column",
        ),
        (
            "late",
            FailureReason.PARAMETER_INVALID,
            "`weights.column` names 'late', the target column; name another",
        ),
        (
            "carrier",
            FailureReason.PARAMETER_INVALID,
            "`weights.column` names 'carrier', which is string; it must hold numbers: add a `cast` "
            "step",
        ),
        (
            "cold",
            FailureReason.PARAMETER_INVALID,
            "`weights.column` names 'cold', which is bool; it must hold numbers: add a `cast` step",
        ),
    ],
)
def test_a_column_that_cannot_weigh_is_named(
    column: str, reason: FailureReason, message: str
) -> None:
    assert _refusal(_training(BOOSTING, column=column)) == (reason, message)


def test_a_number_has_no_classes_to_balance() -> None:
    weights = Weights.model_validate({"classes": "Balanced"})
    refuse_class_weights_of_a_number(weights, Task.CLASSIFICATION, "fare")
    with pytest.raises(TrainerError) as caught:
        refuse_class_weights_of_a_number(weights, Task.REGRESSION, "fare")
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "`weights.classes` is of classes, and the target 'fare' is taken for a number; leave it "
        "out, or name a `weights.column`",
    )


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ([1.0, None, 2.0], "empty in 1"),
        ([np.nan, None, 2.0], "empty in 2"),
        ([-1, 0, 2], "negative in 1"),
        ([1.0, -np.inf, 2.0], "negative in 1"),
        ([1.0, np.inf, 1e39], "infinite or beyond 3.4e38 in 2"),
    ],
)
def test_unusable_weights_are_counted(values: list[Any], fault: str) -> None:
    with pytest.raises(TrainerError) as caught:
        refuse_unusable_weights(pa.table({"fine": [1, 0, 2], "count": values}))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.WEIGHT_UNUSABLE,
        f"the weight 'count' is {fault} of 3 labelled rows; add a step to the Dataset, such as "
        "`fillNulls`, `clip` or a `filter`, or leave `weights.column` out",
    )


def test_rows_that_all_weigh_nothing_teach_nothing() -> None:
    frame = pd.DataFrame({"count": np.zeros(3)})
    with pytest.raises(TrainerError) as caught:
        weighed_rows(_recipe(LOGISTIC, column="count"), frame, np.array([0, 1, 1]))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.WEIGHT_UNUSABLE,
        "the weight 'count' is 0 in all 3 rows to learn from; correct the column, or leave "
        "`weights.column` out",
    )
