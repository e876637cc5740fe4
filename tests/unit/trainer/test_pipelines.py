"""Columns that carry nothing, too much or the impossible, read by every estimator."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.trainer.recipes import SMALL, recipe_of

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, BOOSTING
from tidewheel_trainer.train.frame import features_frame
from tidewheel_trainer.train.pipelines import fitted, positive_probability

_ROWS = 300
_DICE = np.random.default_rng(5)
_USEFUL = _DICE.normal(size=_ROWS)
LABELS = (_USEFUL + _DICE.normal(size=_ROWS) > 0).astype(np.int64)


def frame(**odd: Any) -> pd.DataFrame:
    """Return rows with one useful column of each kind, and others."""
    letters = np.where(_USEFUL > 0, "a", "b").astype(object)
    return pd.DataFrame({"number": _USEFUL, "letter": letters, **odd})


@pytest.mark.parametrize("estimator", list(ALLOWED))
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
    model = fitted(recipe, rows, LABELS)
    probabilities = positive_probability(model, recipe, rows)
    assert np.isfinite(probabilities).all()
    assert len(set(probabilities.tolist())) > 1


def test_columns_without_any_number_are_nothing_to_learn_from() -> None:
    recipe = recipe_of(BOOSTING, {}, numeric=("odd",), categorical=())
    with pytest.raises(TrainerError) as caught:
        fitted(recipe, frame(odd=np.full(_ROWS, np.nan)), LABELS)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.NO_FEATURES,
        "none of the columns odd holds a number in the 300 rows to learn from",
    )


def test_column_without_a_number_may_have_some_when_it_is_asked() -> None:
    recipe = recipe_of(BOOSTING, {}, numeric=("number", "odd"), categorical=("letter",))
    model = fitted(recipe, frame(odd=np.full(_ROWS, np.nan)), LABELS)
    one, other = frame(odd=np.full(_ROWS, np.nan)), frame(odd=np.full(_ROWS, 7.0))
    assert np.array_equal(
        positive_probability(model, recipe, one), positive_probability(model, recipe, other)
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
