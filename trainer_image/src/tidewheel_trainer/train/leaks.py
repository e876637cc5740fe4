"""Find columns that tell the target alone, which are mostly written after the fact.

Each column is given to a decision tree by itself, on one half of some rows to learn, and asked for
the other half. What is nearly right there knows the answer: it is the target in other words, and no
client will have it when it asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_fitted.dates import moments
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.rows import Rows

__all__ = ["Leak", "leak_decisions", "leak_note", "leaks"]

# A hundred columns of so many rows take about a second.
_MOST_ROWS = 5000
_SEED = 0
# Few honest columns come near: carriers, hours or prices of yesterday tell far less.
_CLASSES_TOLD, _NUMBER_TOLD = 0.99, 0.999
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """A column, and what it alone reaches: balanced accuracy of classes, R² of a number."""

    column: str
    value: float


def leaks(rows: Rows, inputs: tuple[ModelInput, ...], learned: np.ndarray) -> tuple[Leak, ...]:
    """Return the columns that tell the target alone, those that tell most first.

    Args:
        rows: all labelled rows.
        inputs: the columns that are learned; text that is read by its words is not looked at.
        learned: rows before the test window, boolean, shape (n_rows,).
    """
    places = np.flatnonzero(learned)
    some = places[np.linspace(0, len(places) - 1, min(len(places), _MOST_ROWS)).astype(int)]
    frame, labels = rows.frame.iloc[some], rows.target.labels[some]
    # Neighbours may be alike, so halves are drawn.
    order = np.random.default_rng(_SEED).permutation(len(some))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    least = _NUMBER_TOLD if rows.target.task is Task.REGRESSION else _CLASSES_TOLD
    found = [
        Leak(column.name, value)
        for column in inputs
        if column.kind != "Text"
        for value in _told(_numbers(frame[column.name], column), labels, halves, rows.target.task)
        if value >= least
    ]
    return tuple(sorted(found, key=lambda each: (-each.value, each.column)))


def leak_decisions(found: tuple[Leak, ...], task: Task) -> tuple[Decision, ...]:
    """Return a note of the gate where columns tell the target alone; it refuses nothing."""
    if not found:
        return ()
    return (
        Decision(
            "TargetLeak",
            "Does no column alone tell the target?",
            Answer.NOTED,
            _named(found, task),
            tuple((each.column, each.value) for each in found),
        ),
    )


def leak_note(found: tuple[Leak, ...], task: Task) -> str:
    """Return the advice to look at such columns, or nothing."""
    if not found:
        return ""
    return (
        f"TargetLeak: {_named(found, task)}; leave out of `features` what is known only after the "
        "fact"
    )


def _named(found: tuple[Leak, ...], task: Task) -> str:
    measure = "R²" if task is Task.REGRESSION else "balanced accuracy"
    named = ", ".join(
        f"{each.column!r} ({measure} {each.value:.4f})" for each in found[:_MOST_NAMED]
    )
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    verb = "tells" if len(found) == 1 else "tell"
    return f"{named}{more} alone {verb} the target"


def _numbers(values: pd.Series, column: ModelInput) -> np.ndarray:
    """Return a column as numbers that a tree reads, NaN for a missing value."""
    if column.kind == "Date":
        found = moments(values)
        return np.asarray(np.where(np.isnat(found), np.nan, found.astype(np.int64)))
    if column.datatype == "BYTES":
        codes, _ = pd.factorize(values, sort=True)
        return np.asarray(np.where(codes < 0, np.nan, codes))
    return np.asarray(values.to_numpy(dtype=np.float64))


def _told(
    numbers: np.ndarray, labels: np.ndarray, halves: tuple[np.ndarray, np.ndarray], task: Task
) -> Iterator[float]:
    """Yield what a tree of one column reaches, if there is something to tell apart."""
    learned, asked = halves
    present = numbers[learned]
    if (
        len(np.unique(labels[asked])) < 2
        or np.all(present == present[0])
        or np.isnan(present).all()
    ):
        return
    if task is Task.REGRESSION:
        tree = DecisionTreeRegressor(random_state=_SEED).fit(present[:, None], labels[learned])
        yield float(r2_score(labels[asked], tree.predict(numbers[asked, None])))
    else:
        tree = DecisionTreeClassifier(random_state=_SEED).fit(present[:, None], labels[learned])
        yield float(balanced_accuracy_score(labels[asked], tree.predict(numbers[asked, None])))
