"""How much worse a fit becomes when a column is shuffled, within bounded work."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline

from tidewheel_trainer.run_report import importance
from tidewheel_trainer.run_report.importance import (
    ColumnImportance,
    Importance,
    Plan,
    measured_importance,
    planned,
    slowness,
)


@pytest.mark.parametrize(
    ("columns", "slow", "expected"),
    [
        (1, 1.0, Plan(2000, 5)),
        (20, 1.0, Plan(2000, 4)),
        (40, 1.0, Plan(2000, 2)),
        (100, 1.0, Plan(1333, 1)),
        (200, 1.0, Plan(500, 1)),
        (358, 1.0, Plan(500, 1)),
        (359, 1.0, None),
        (20, 10.0, Plan(990, 1)),
        (20, 160.0, None),
    ],
)
def test_many_columns_and_slow_models_mean_fewer_repeats_then_fewer_rows(
    columns: int, slow: float, expected: Plan | None
) -> None:
    assert planned(columns, slow) == expected


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (SimpleNamespace(), 1.0),
        (SimpleNamespace(estimators_=[0] * 5), 1.0),
        (SimpleNamespace(estimators_=[0] * 100), 10.0),
        (SimpleNamespace(n_samples_fit_=80_000), 160.0),
    ],
)
def test_forests_and_neighbours_are_slow(estimator: Any, expected: float) -> None:
    assert slowness(Pipeline([("estimator", estimator)])) == expected


def _squared(truth: np.ndarray, answers: np.ndarray) -> float:
    return -float(np.mean((answers - truth) ** 2))


def _fit(rows: int) -> tuple[Pipeline, pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.normal(size=rows) for name in ("wind", "hour", "none")})
    truth = (3 * frame["wind"] + frame["hour"]).to_numpy()
    return Pipeline([("estimator", LinearRegression())]).fit(frame, truth), frame, truth


def test_a_column_is_worth_what_shuffling_it_costs() -> None:
    model, frame, truth = _fit(3000)
    found = measured_importance(model, frame, truth, None, model.predict, _squared, seed=7)
    wind, hour, nothing = found.columns
    # Shuffling a column of variance 1 with the weight w costs 2 w^2.
    assert (wind.mean, hour.mean) == (pytest.approx(18, rel=0.1), pytest.approx(2, rel=0.1))
    assert (wind.column, wind.deviation > 0) == ("wind", True)
    assert nothing == ColumnImportance("none", 0.0, 0.0)
    assert found.plan == Plan(2000, 5)


def test_the_same_seed_finds_the_same_and_another_one_something_else() -> None:
    model, frame, truth = _fit(2500)
    first, again, other = (
        measured_importance(model, frame, truth, None, model.predict, _squared, seed)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_many_shuffled_copies_are_answered_in_one_call() -> None:
    model, frame, truth = _fit(500)
    asked = []

    def answer(some: pd.DataFrame) -> np.ndarray:
        asked.append(len(some))
        return model.predict(some)

    measured_importance(model, frame, truth, None, answer, _squared, seed=7)
    # The rows as they are, then three columns, each shuffled five times.
    assert asked == [500, 3 * 5 * 500]


def test_only_the_shuffled_column_of_a_copy_changes() -> None:
    carrier = pd.Series(["UA", None, "DL"], dtype=object)
    frame = pd.DataFrame({"wind": [1.0, 2.0, 3.0], "carrier": carrier})
    stacked = importance._shuffled(frame, [(0, 0), (1, 0)], seed=4)
    assert stacked.dtypes.tolist() == frame.dtypes.tolist()
    kept = [stacked["carrier"].tolist()[:3], stacked["wind"].tolist()[3:]]
    assert kept == [frame["carrier"].tolist(), frame["wind"].tolist()]
    shuffled = [stacked["wind"].tolist()[:3], stacked["carrier"].tolist()[3:]]
    assert [sorted(shuffled[0]), sorted(shuffled[1], key=str)] == [
        [1.0, 2.0, 3.0],
        sorted(frame["carrier"].tolist(), key=str),
    ]


def test_a_model_of_very_many_columns_is_not_measured() -> None:
    frame = pd.DataFrame(np.zeros((3, 1200)))
    model = Pipeline([("estimator", LinearRegression())])
    found = measured_importance(model, frame, np.zeros(3), None, model.predict, _squared, 0)
    assert found == Importance((), None)


def test_of_every_class_some_rows_are_taken() -> None:
    groups = np.zeros(50_000, dtype=int)
    groups[:300], groups[300:310] = 1, 2
    chosen = importance._chosen_rows(len(groups), groups, 2000, seed=3)
    assert len(np.unique(chosen)) == 2000
    assert chosen.tolist() == sorted(chosen)
    # Each of three classes has a fifteenth of the rows to itself, as far as it has rows.
    counts = np.bincount(groups[chosen])
    assert counts[2] == 10
    assert counts[1] == pytest.approx(140, abs=8)


def test_few_rows_are_all_taken() -> None:
    assert importance._chosen_rows(3, np.array([0, 1, 0]), 2000, 0).tolist() == [0, 1, 2]
