"""Cut the rows before the test window into folds of learning and judging; pure.

With times the folds are expanding windows: each block of days is judged by a fit on all days before
it, never by one that has learned a later day (Tashman, "Out-of-sample tests of forecasting
accuracy", International Journal of Forecasting 16, 2000). Without times each block of keys is
judged by a fit on all other blocks.
"""

from dataclasses import dataclass

import numpy as np

from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.guard import Shortage

__all__ = ["Fold", "folds_by_hash", "folds_by_time", "newest_part"]

SEARCH_FOLDS = "`search.folds`"
# Buckets of a hash tell test and validation rows (at most so many), so blocks go by the rest of it.
_MOST_BUCKETS = np.uint64(10_000)


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn and rows to score by, boolean arrays of shape (n_rows,)."""

    learned: np.ndarray
    judged: np.ndarray


def folds_by_time(
    times: np.ndarray,
    labels: np.ndarray,
    learnable: np.ndarray,
    count: int,
    asked: str = SEARCH_FOLDS,
) -> tuple[Fold, ...] | Shortage:
    """Return expanding windows of whole days over `count` + 1 blocks of about as many rows.

    Args:
        times: microseconds since 1970, shape (n_rows,).
        labels: values of the target, shape (n_rows,).
        learnable: the rows before the test window, boolean, shape (n_rows,).
        count: of folds, at least 1.
        asked: the field that asks for them, for messages.
    """
    days = times // DAY
    present, members, rows = np.unique(days[learnable], return_inverse=True, return_counts=True)
    if len(present) <= count:
        return Shortage(
            f"the {np.count_nonzero(learnable):,} rows to learn lie on {len(present)} days; "
            f"{asked} of {count} needs {count + 1} of them"
        )
    blocks = np.full(len(times), -1)
    blocks[learnable] = _blocks_of_days(rows, count + 1)[members]
    folds = tuple(
        Fold(learned=(blocks >= 0) & (blocks < block), judged=blocks == block)
        for block in range(1, count + 1)
    )
    return _usable(folds, labels, asked)


def folds_by_hash(
    hashes: np.ndarray,
    labels: np.ndarray,
    learnable: np.ndarray,
    count: int,
    asked: str = SEARCH_FOLDS,
) -> tuple[Fold, ...] | Shortage:
    """Return `count` folds; rows of one hash are judged together.

    Args:
        hashes: unsigned 64-bit, shape (n_rows,).
        labels: values of the target, shape (n_rows,).
        learnable: the rows before the test window, boolean, shape (n_rows,).
        count: of folds, at least 2.
        asked: the field that asks for them, for messages.
    """
    blocks = (hashes // _MOST_BUCKETS) % np.uint64(count)
    folds = tuple(
        Fold(learned=learnable & (blocks != block), judged=learnable & (blocks == block))
        for block in range(count)
    )
    return _usable(folds, labels, asked)


def newest_part(order: np.ndarray, rows: np.ndarray, divisor: int) -> np.ndarray:
    """Return the last 1/`divisor` of the marked rows, boolean, shape (n_rows,).

    Args:
        order: by what rows are ordered: times, or hashes where there are none, shape (n_rows,).
        rows: which rows, boolean, shape (n_rows,).
        divisor: 1 for all of them.
    """
    if divisor == 1:
        return rows
    places = np.flatnonzero(rows)
    older = len(places) - len(places) // divisor
    kept = places[np.argsort(order[places], kind="stable")][older:]
    part = np.zeros(len(rows), dtype=bool)
    part[kept] = True
    return part


def _blocks_of_days(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the block of each day: whole days, about as many rows each, none without a day."""
    shares = np.arange(1, count) * rows.sum() / count
    ends = np.searchsorted(np.cumsum(rows), shares) + 1
    # A day of very many rows reaches several shares at once: a block has a day of its own still.
    own = np.arange(1, count)
    ends = np.maximum.accumulate(ends - own) + own
    ends = np.minimum(ends, len(rows) - count + own)
    return np.searchsorted(ends, np.arange(len(rows)), side="right")


def _usable(folds: tuple[Fold, ...], labels: np.ndarray, asked: str) -> tuple[Fold, ...] | Shortage:
    """Return the folds if each of their sides has something to tell apart."""
    for number, fold in enumerate(folds, start=1):
        for rows, verb in ((fold.learned, "learn"), (fold.judged, "score by")):
            if len(np.unique(labels[rows])) < 2:
                return Shortage(
                    f"fold {number} of {len(folds)} has {np.count_nonzero(rows):,} rows to {verb}, "
                    f"which do not differ in the target; choose fewer {asked}"
                )
    return folds
