"""How much worse a fit becomes when one column no longer says anything about its row.

Breiman, "Random forests", Machine Learning 45 (2001): the values of one column are shuffled among
the test rows, which the fit has not learned, and the drop of the score is what the column was
worth. Columns that tell the same share their worth, or hide it.

The work is bounded by counting it, not by a clock: two attempts of a run must find the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.pipeline import Pipeline

__all__ = ["ColumnImportance", "Importance", "Plan", "measured_importance", "planned", "slowness"]

_MOST_ROWS, _LEAST_ROWS = 2000, 500
_REPEATS = 5
# Rows to predict, at about five microseconds each: a second.
_WORK = 200_000
# What is done at most where even one repeat of few rows is more than that.
_MOST_WORK = 500_000
# So many trees that ask their rows one after the other, or rows that each row is compared with,
# are as slow as a hundred trees of HistGradientBoosting; measured with 2,000 rows of 20 columns.
_TREES, _NEIGHBOURS = 10, 500
# So many columns of a row take as long to prepare as the rest of its answer does.
_COLUMNS = 200
# Shuffled copies of the rows are answered together up to so many: a call costs some milliseconds
# whatever it is asked, and every column of a wide table is copied for it.
_ROWS_A_CALL = 10000
# Of each class that has them, one part of so many of the rows is its own: an AUC of a handful of
# rare rows would be noise.
_OWN_PART = 5
_DIGITS = 6

_OF_MEMBERS = (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)

Answer = Callable[[pd.DataFrame], np.ndarray]
Score = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows are taken, and how often each column is shuffled."""

    rows: int
    repeats: int


@dataclass(frozen=True, slots=True)
class ColumnImportance:
    """Drop of the score when a column is shuffled: mean and standard deviation of the repeats."""

    column: str
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Importance:
    """Columns in the model's order, or none where it would take too long, and the plan.

    A column is left out where the score is no number any more without it.
    """

    columns: tuple[ColumnImportance, ...]
    plan: Plan | None


def planned(columns: int, slowness: float) -> Plan | None:
    """Return the plan for a model of so many columns; None where it would take too long.

    Args:
        columns: how many columns the model reads.
        slowness: how many times slower it is than a common one, at least 1.
    """
    each = columns * (slowness + columns / _COLUMNS)
    if each * _LEAST_ROWS > _MOST_WORK:
        return None
    repeats = int(min(_REPEATS, max(1, _WORK // (each * _MOST_ROWS))))
    rows = int(min(_MOST_ROWS, max(_LEAST_ROWS, _WORK // (each * repeats))))
    return Plan(rows, repeats)


def slowness(model: BaseEstimator) -> float:
    """Return how many times slower a model answers than a common one, on any machine."""
    estimator = model[-1] if isinstance(model, Pipeline) else model
    if isinstance(estimator, CalibratedClassifierCV):
        return slowness(estimator.calibrated_classifiers_[0].estimator)
    if isinstance(estimator, _OF_MEMBERS):
        return sum(slowness(member) for member in estimator.estimators_)
    learned = getattr(estimator, "n_samples_fit_", 0)
    members = len(getattr(estimator, "estimators_", ()))
    return float(max(1.0, members / _TREES, learned / _NEIGHBOURS))


def measured_importance(
    model: Pipeline,
    frame: pd.DataFrame,
    truth: np.ndarray,
    groups: np.ndarray | None,
    answer: Answer,
    score: Score,
    seed: int,
) -> Importance:
    """Return the permutation importance of every column of the frame.

    Args:
        model: a fit that has learned none of the rows.
        frame: the test rows with the columns that the model reads, and no others.
        truth: what answers are compared with, shape (n_rows,).
        groups: the class of each row, shape (n_rows,); None where a number is predicted.
        answer: what the fit says of rows, each row by itself, shape (n_rows, ...).
        score: of truth and answers, the higher the better.
        seed: of the shuffling and of the choice of rows.
    """
    plan = planned(frame.shape[1], slowness(model))
    if plan is None:
        return Importance((), None)
    chosen = _chosen_rows(len(frame), groups, plan.rows, seed)
    drops = _drops(frame.iloc[chosen], truth[chosen], plan.repeats, answer, score, seed)
    columns = tuple(
        ColumnImportance(str(name), round(float(mean), _DIGITS), round(float(spread), _DIGITS))
        for name, mean, spread in zip(
            frame.columns, drops.mean(axis=1), drops.std(axis=1), strict=True
        )
        if np.isfinite(mean)
    )
    return Importance(columns, Plan(len(chosen), plan.repeats))


def _drops(
    frame: pd.DataFrame, truth: np.ndarray, repeats: int, answer: Answer, score: Score, seed: int
) -> np.ndarray:
    """Return by how much the score falls, shape (n_columns, repeats)."""
    rows = len(frame)
    whole = score(truth, answer(frame))
    copies = [(column, turn) for column in range(frame.shape[1]) for turn in range(repeats)]
    drops = np.empty((frame.shape[1], repeats))
    for some in _portions(copies, max(1, _ROWS_A_CALL // max(1, rows))):
        answers = answer(_shuffled(frame, some, seed))
        for place, (column, turn) in enumerate(some):
            own = answers[place * rows : (place + 1) * rows]
            drops[column, turn] = whole - score(truth, own)
    return drops


def _portions(copies: list[tuple[int, int]], most: int) -> Iterator[list[tuple[int, int]]]:
    for begin in range(0, len(copies), most):
        yield copies[begin : begin + most]


def _shuffled(frame: pd.DataFrame, copies: list[tuple[int, int]], seed: int) -> pd.DataFrame:
    """Return copies of the rows one below the other, in each of them one column shuffled."""
    rows = len(frame)
    places = np.tile(np.arange(rows), len(copies))
    order = {copy: np.random.default_rng((seed, *copy)).permutation(rows) for copy in copies}
    stacked = {}
    for column, name in enumerate(frame.columns):
        taken = places
        for at, copy in enumerate(copies):
            if copy[0] == column:
                taken = places.copy() if taken is places else taken
                taken[at * rows : (at + 1) * rows] = order[copy]
        # Of its own type: pandas left alone would give text another one.
        stacked[name] = pd.Series(frame[name].to_numpy()[taken], dtype=frame[name].dtype)
    return pd.DataFrame(stacked)


def _chosen_rows(rows: int, groups: np.ndarray | None, most: int, seed: int) -> np.ndarray:
    """Return places of rows at random, in their order: of every class some, if it has them."""
    if rows <= most:
        return np.arange(rows)
    order = np.random.default_rng(seed).permutation(rows)
    if groups is None:
        return np.sort(order[:most])
    _, members = np.unique(groups[order], return_inverse=True)
    own = max(1, most // (_OWN_PART * (members.max() + 1)))
    by_class = np.argsort(members, kind="stable")
    begins = np.searchsorted(members[by_class], np.arange(members.max() + 1))
    # The how-manieth row of its class each one is.
    turn = np.empty(rows, dtype=np.int64)
    turn[by_class] = np.arange(rows) - begins[members[by_class]]
    # Those that are their class's own come first, all others after them in their random order.
    first = np.argsort(turn >= own, kind="stable")[:most]
    return np.sort(order[first])
