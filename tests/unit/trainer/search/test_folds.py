"""Folds learn what came before, or other keys, and never a row of the test window."""

import numpy as np
import pytest

from tidewheel_trainer.search.folds import Fold, folds_by_hash, folds_by_time, newest_part
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.guard import Shortage


def _times(rows_per_day: list[int]) -> np.ndarray:
    """Return moments of so many rows on each day, the newest first."""
    days = np.repeat(np.arange(len(rows_per_day)), rows_per_day)
    return (days * DAY + np.arange(len(days)) % 7)[::-1]


def _labels(count: int) -> np.ndarray:
    return np.arange(count) % 2


def _days(times: np.ndarray, rows: np.ndarray) -> list[int]:
    return [int(day) for day in np.unique(times[rows] // DAY)]


def _by_time(times: np.ndarray, learnable: np.ndarray, count: int) -> tuple[Fold, ...]:
    folds = folds_by_time(times, _labels(len(times)), learnable, count)
    assert not isinstance(folds, Shortage)
    return folds


def test_each_block_of_days_is_judged_by_a_fit_on_all_days_before_it() -> None:
    times = _times([10] * 8)
    folds = _by_time(times, times < 6 * DAY, 2)
    assert [(_days(times, each.learned), _days(times, each.judged)) for each in folds] == [
        ([0, 1], [2, 3]),
        ([0, 1, 2, 3], [4, 5]),
    ]


@pytest.mark.parametrize(
    ("rows_per_day", "blocks"),
    [
        pytest.param([100, 10, 10, 10], [[0], [1], [2, 3]], id="many rows first"),
        pytest.param([10, 10, 10, 100], [[0, 1], [2], [3]], id="many rows last"),
        pytest.param([10, 100, 10, 10], [[0, 1], [2], [3]], id="many rows amid"),
        pytest.param([10] * 3, [[0], [1], [2]], id="as many days as blocks"),
        pytest.param([30, 30, 20, 20, 20, 60], [[0, 1], [2, 3, 4], [5]], id="equal blocks"),
    ],
)
def test_blocks_are_whole_days_of_about_as_many_rows_and_none_is_empty(
    rows_per_day: list[int], blocks: list[list[int]]
) -> None:
    times = _times(rows_per_day)
    first, second = _by_time(times, np.ones(len(times), dtype=bool), 2)
    found = [first.learned, first.judged, second.judged]
    assert [_days(times, rows) for rows in found] == blocks


def test_no_fold_has_a_row_of_the_test_window_or_learns_what_it_is_judged_by() -> None:
    random = np.random.default_rng(0)
    times = random.integers(0, 40 * DAY, 5000)
    hashes = random.integers(0, 2**63, 5000).astype(np.uint64)
    learnable = random.random(5000) < 0.7
    by_hash = folds_by_hash(hashes, _labels(5000), learnable, 5)
    assert not isinstance(by_hash, Shortage)
    for fold in (*_by_time(times, learnable, 5), *by_hash):
        assert not np.any((fold.learned | fold.judged) & ~learnable)
        assert not np.any(fold.learned & fold.judged)


def test_each_key_is_judged_once_by_a_fit_on_all_others() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**63, 600).astype(np.uint64)
    learnable = np.ones(1200, dtype=bool)
    folds = folds_by_hash(np.tile(hashes, 2), _labels(1200), learnable, 3)
    assert not isinstance(folds, Shortage)
    judged = np.array([fold.judged for fold in folds])
    assert np.array_equal(judged.sum(axis=0), np.ones(1200))
    assert np.array_equal(judged[:, :600], judged[:, 600:])
    assert all(np.array_equal(fold.learned, ~fold.judged) for fold in folds)
    assert judged.mean(axis=1) == pytest.approx([1 / 3] * 3, abs=0.06)


def test_too_few_days_are_a_shortage() -> None:
    times = _times([10] * 3)
    assert folds_by_time(times, _labels(30), np.ones(30, dtype=bool), 3) == Shortage(
        "the 30 rows to learn lie on 3 days; `search.folds` of 3 needs 4 of them"
    )


def test_a_fold_of_one_class_is_a_shortage() -> None:
    times = _times([10] * 3)
    labels = (times < DAY).astype(int)
    labels[-1] = 0
    assert folds_by_time(times, labels, np.ones(30, dtype=bool), 2) == Shortage(
        "fold 1 of 2 has 10 rows to score by, which do not differ in the target; choose fewer "
        "`search.folds`"
    )


def test_a_part_is_the_newest_of_the_marked_rows() -> None:
    order = np.array([5, 1, 4, 2, 3, 9])
    rows = np.array([True, True, True, True, True, False])
    assert newest_part(order, rows, 2).tolist() == [True, False, True, False, False, False]
    assert newest_part(order, rows, 1).tolist() == rows.tolist()
    assert newest_part(order, rows, 6).tolist() == [False] * 6
