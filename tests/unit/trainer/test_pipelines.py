"""Columns that carry nothing, too much or the impossible, read by every estimator."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.trainer.recipes import LEARNS_NOTHING, SMALL, recipe_of

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, LOGISTIC
from tidewheel_trainer.train.frame import features_frame
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.pipelines import answers, fitted

_ROWS = 300
_DICE = np.random.default_rng(5)
_USEFUL = _DICE.normal(size=_ROWS)
LABELS = (_USEFUL + _DICE.normal(size=_ROWS) > 0).astype(np.int64)
CLASSES = np.array([0, 1])
FARES = np.exp(_USEFUL) + _DICE.random(_ROWS)


def frame(**odd: Any) -> pd.DataFrame:
    """Return rows with one useful column of each kind, and others."""
    letters = np.where(_USEFUL > 0, "a", "b").astype(object)
    return pd.DataFrame({"number": _USEFUL, "letter": letters} | odd)


@pytest.mark.parametrize("estimator", [name for name in ALLOWED if name not in LEARNS_NOTHING])
@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"odd": np.ones(_ROWS)}, id="constant"),
        pytest.param({"odd": np.full(_ROWS, np.nan)}, id="no number at all"),
        pytest.param({"odd": np.linspace(-1e30, 1e30, _ROWS)}, id="very large"),
        pytest.param({"text": np.full(_ROWS, None, dtype=object)}, id="no text at all"),
        pytest.param({"text": np.array([str(n) for n in range(_ROWS)], dtype=object)}, id="names"),
    ],
)
def test_odd_columns_are_learned_from(odd: dict[str, Any], estimator: str) -> None:
    rows = frame(**odd)
    recipe = recipe_of(
        estimator,
        SMALL.get(estimator, {}),
        numeric=("number", *(name for name in odd if name == "odd")),
        categorical=("letter", *(name for name in odd if name == "text")),
    )
    of_a_number = ALLOWED[estimator].task is Task.REGRESSION
    model = fitted(recipe, rows, FARES if of_a_number else LABELS)
    found = answers(model, recipe, rows, np.empty(0) if of_a_number else CLASSES)
    assert np.isfinite(found).all()
    assert len(np.unique(found, axis=0)) > 1


@pytest.mark.parametrize("estimator", [name for name in ALLOWED if name not in LEARNS_NOTHING])
def test_a_column_of_many_categories_is_learned_and_written(estimator: str) -> None:
    rows = frame(text=np.array([f"word {n % 20}" for n in range(_ROWS)], dtype=object))
    recipe = recipe_of(
        estimator, SMALL.get(estimator, {}), numeric=("number",), categorical=("text",)
    )
    of_a_number = ALLOWED[estimator].task is Task.REGRESSION
    model = fitted(recipe, rows, FARES if of_a_number else LABELS)
    classes = np.empty(0) if of_a_number else CLASSES
    found = answers(read_model(model_bytes(model), "model.skops"), recipe, rows, classes)
    assert np.array_equal(found, answers(model, recipe, rows, classes))


def _days(*texts: str | None) -> pd.Series:
    return pd.Series(texts, dtype=object)


@pytest.mark.parametrize("estimator", [name for name in ALLOWED if name not in LEARNS_NOTHING])
def test_every_estimator_learns_from_dates_and_answers_missing_ones(estimator: str) -> None:
    weekday = np.arange(_ROWS) % 7
    days = [f"2013-{1 + n % 12:02}-{1 + n % 28:02}T{n % 24:02}:30:00Z" for n in range(_ROWS)]
    rows = frame(booked=_days(None, *days[1:]), empty=_days(*[None] * _ROWS))
    recipe = recipe_of(
        estimator, SMALL.get(estimator, {}), numeric=(), categorical=(), dates=("booked", "empty")
    )
    of_a_number = ALLOWED[estimator].task is Task.REGRESSION
    is_early = np.arange(_ROWS) % 24 < 12
    model = fitted(
        recipe, rows, np.where(is_early, 1.0, 9.0 + weekday) if of_a_number else is_early
    )
    classes = np.empty(0) if of_a_number else np.array([False, True])
    found = answers(read_model(model_bytes(model), "model.skops"), recipe, rows, classes)
    assert np.array_equal(found, answers(model, recipe, rows, classes))
    late = -found if of_a_number else found[:, 1]
    assert late[is_early].mean() > late[~is_early].mean()


def test_linear_models_read_dates_as_circles_and_trees_as_numbers() -> None:
    rows = pd.DataFrame({"booked": _days(*[f"2013-01-{1 + n % 31:02}" for n in range(_ROWS)])})
    widths = {
        name: fitted(
            recipe_of(name, {}, numeric=(), categorical=(), dates=("booked",)), rows, LABELS
        )
        .named_steps["estimator"]
        .n_features_in_
        for name in (BOOSTING, LOGISTIC)
    }
    assert widths == {BOOSTING: 5, LOGISTIC: 8}


def test_columns_without_any_number_are_nothing_to_learn_from() -> None:
    recipe = recipe_of(BOOSTING, {}, numeric=("odd",), categorical=())
    with pytest.raises(TrainerError) as caught:
        fitted(recipe, frame(odd=np.full(_ROWS, np.nan)), LABELS)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.NO_FEATURES,
        "none of the columns odd holds a number, a date, or words that several rows share, in "
        "the 300 rows to learn from",
    )


def test_column_without_a_number_may_have_some_when_it_is_asked() -> None:
    recipe = recipe_of(BOOSTING, {}, numeric=("number", "odd"), categorical=("letter",))
    model = fitted(recipe, frame(odd=np.full(_ROWS, np.nan)), LABELS)
    one, other = frame(odd=np.full(_ROWS, np.nan)), frame(odd=np.full(_ROWS, 7.0))
    assert np.array_equal(
        answers(model, recipe, one, CLASSES), answers(model, recipe, other, CLASSES)
    )


def test_a_class_that_a_fit_never_saw_has_no_probability() -> None:
    recipe = recipe_of(BOOSTING, SMALL[BOOSTING], numeric=("number",), categorical=("letter",))
    model = fitted(recipe, frame(), LABELS + 1)
    found = answers(model, recipe, frame(), np.array([0, 1, 2, 3]))
    assert found.shape == (_ROWS, 4)
    assert np.array_equal(found[:, 1:3], model.predict_proba(frame()))
    assert not found[:, [0, 3]].any()


def test_an_endless_answer_is_named() -> None:
    name = "sklearn.linear_model.PoissonRegressor"
    recipe = recipe_of(name, {}, numeric=("number",), categorical=())
    model = fitted(recipe, frame(), FARES)
    with np.errstate(over="ignore"), pytest.raises(TrainerError) as caught:
        answers(model, recipe, frame(number=np.full(_ROWS, 1e8)), np.empty(0))
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "candidate 'one': sklearn.linear_model.PoissonRegressor found no finite answer for 300 of "
        "300 rows; choose other parameters, or bring the target to a smaller scale by a `derive` "
        "step",
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_endless_numbers_are_refused_by_the_name_of_their_column(value: float) -> None:
    table = pa.table({"fine": [1.0, None, 2.0], "wind": [1.0, value, 2.0]})
    with pytest.raises(TrainerError) as caught:
        features_frame(table)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.FEATURE_UNUSABLE,
        "column 'wind' is infinite or beyond 3.4e38 in 1 of 3 rows; add a step to the Dataset, "
        "such as `clip` or a `filter`, or leave the column out of `features`",
    )
