"""Text that is read by its words."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.recipes import LEARNS_NOTHING, SMALL, recipe_of

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING, LOGISTIC
from tidewheel_trainer.train.model_file import model_bytes, read_model
from tidewheel_trainer.train.pipelines import answers, fitted
from tidewheel_trainer.train.texts import shared_terms, text_reader

_ROWS = 300
_CLASSES = np.array([False, True])


def _texts(*texts: str | None) -> pd.Series:
    return pd.Series(texts, dtype=object)


_LATE = np.arange(_ROWS) % 3 == 0
_REMARKS = _texts(
    *(
        f"{'Heavy storm' if late else 'calm air'} at gate {n % 37}, row {n}"
        for n, late in enumerate(_LATE)
    )
)


def _recipe(estimator: str, numeric: tuple[str, ...] = ()) -> Recipe:
    small = SMALL.get(estimator, {})
    return recipe_of(estimator, small, numeric=numeric, categorical=(), text=("remark",))


def test_shared_terms_are_words_and_pairs_that_some_rows_have() -> None:
    texts = _texts("Late plane at the gate", "late plane, the end", None, "the weather", "x")
    assert shared_terms(texts) == ["late", "late plane", "plane", "the"]


def test_a_term_of_all_rows_tells_nothing() -> None:
    assert shared_terms(_texts("late plane", "late plane", "late train")) == ["late plane", "plane"]


def test_of_many_terms_the_commonest_stay_and_ties_go_by_the_alphabet() -> None:
    once = " ".join(f"w{n:04}" for n in range(1500))
    terms = shared_terms(_texts(once, once, "zz", "zz", "zz"))
    assert (len(terms), terms[-1]) == (2000, "zz")
    assert "w1499" not in terms


def test_values_are_those_of_the_formula() -> None:
    texts = _texts("late late plane", "late", None, "weather")
    reader = text_reader(["late", "plane"], 0, sparse=True)
    found = reader.fit_transform(texts.to_frame("remark"))
    dense = found.toarray() if hasattr(found, "toarray") else found
    # (1 + ln count) * (1 + ln((1 + rows) / (1 + rows with the term))), then length 1.
    late, plane = (1 + np.log(2)) * (1 + np.log(5 / 3)), 1 + np.log(5 / 2)
    length = np.hypot(late, plane)
    expected = [[late / length, plane / length], [1, 0], [0, 0], [0, 0]]
    assert dense == pytest.approx(np.array(expected))


@pytest.mark.parametrize("estimator", [name for name in ALLOWED if name not in LEARNS_NOTHING])
def test_every_estimator_learns_from_words(estimator: str) -> None:
    frame = pd.DataFrame({"remark": _REMARKS, "hour": np.where(_LATE, np.nan, 1.0)})
    of_a_number = ALLOWED[estimator].task is Task.REGRESSION
    labels = np.where(_LATE, 90.0, 1.0) + np.arange(_ROWS) / 1000 if of_a_number else _LATE
    recipe = _recipe(estimator)
    model = fitted(recipe, frame, labels)
    data = model_bytes(model)
    assert data == model_bytes(fitted(recipe, frame, labels))
    asked = pd.DataFrame({"remark": pd.concat([_REMARKS, _texts("unseen", None, "")])})
    classes = np.empty(0) if of_a_number else _CLASSES
    found = answers(read_model(data, "model.skops"), recipe, asked, classes)
    assert np.array_equal(found, answers(model, recipe, asked, classes))
    late = found if of_a_number else found[:, 1]
    assert late[:_ROWS][_LATE].min() > late[:_ROWS][~_LATE].mean()
    assert len(set(late[_ROWS:])) == 1


def test_trees_read_few_columns_and_linear_models_one_for_each_term() -> None:
    frame = pd.DataFrame({"remark": _REMARKS})
    widths = {
        name: fitted(_recipe(name), frame, _LATE).named_steps["estimator"].n_features_in_
        for name in (BOOSTING, LOGISTIC)
    }
    assert widths == {BOOSTING: 50, LOGISTIC: 90}
    assert len(shared_terms(_REMARKS)) == 90


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([None] * _ROWS, id="no text at all"),
        pytest.param([f"name{n}" for n in range(_ROWS)], id="names"),
        pytest.param(["late plane"] * _ROWS, id="constant"),
    ],
)
def test_a_text_without_shared_words_is_left_aside(texts: Any) -> None:
    frame = pd.DataFrame({"remark": _texts(*texts), "hour": np.arange(_ROWS, dtype=np.float64)})
    recipe = _recipe(BOOSTING, numeric=("hour",))
    assert fitted(recipe, frame, _LATE).named_steps["estimator"].n_features_in_ == 1
    with pytest.raises(TrainerError) as caught:
        fitted(_recipe(BOOSTING), frame, _LATE)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.NO_FEATURES,
        "none of the columns remark holds a number, a date, or words that several rows share, in "
        "the 300 rows to learn from",
    )
