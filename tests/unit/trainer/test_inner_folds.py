"""Rows of one fit that are answered by a fit that has not learned them."""

from typing import Any

import numpy as np
import pytest

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.folds import folds_by_hash
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.inner_folds import Folds, Groups, inner_folds

_ROWS = 400
_LABELS = np.arange(_ROWS) % 2
_DAYS = np.repeat(np.arange(8), 50)[::-1]
_HASHES = np.random.default_rng(1).integers(0, 2**63, _ROWS).astype(np.uint64)


def _folds(groups: Groups | None, labels: Any = _LABELS, count: int = 3) -> Folds:
    task = Task.CLASSIFICATION
    return inner_folds(groups, labels, task, count, candidate="one", asked="`folds`")


def test_with_times_each_block_of_days_is_judged_by_what_learned_all_days_before() -> None:
    folds = _folds(Groups(_DAYS * DAY, are_times=True))
    days = [
        (np.unique(_DAYS[each.learned]).tolist(), np.unique(_DAYS[each.judged]).tolist())
        for each in folds.parts
    ]
    assert days == [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5]), ([0, 1, 2, 3, 4, 5], [6, 7])]
    assert np.array_equal(_DAYS[folds.judged], np.repeat([3, 2, 5, 4, 7, 6], 50))


def test_without_times_each_row_is_judged_once_by_what_learned_the_others() -> None:
    folds = _folds(Groups(_HASHES, are_times=False))
    assert sorted(folds.judged) == list(range(_ROWS))
    assert all(not np.any(each.learned & each.judged) for each in folds.parts)


def test_nested_folds_cut_the_rows_of_a_fold_again() -> None:
    outer = folds_by_hash(_HASHES, _LABELS, np.ones(_ROWS, dtype=bool), 2)
    assert not isinstance(outer, Shortage)
    learned = outer[0].learned
    groups = Groups(_HASHES, are_times=False).of(learned).nested()
    sizes = [np.count_nonzero(each.judged) for each in _folds(groups, _LABELS[learned], 2).parts]
    assert sum(sizes) == np.count_nonzero(learned)
    assert min(sizes) > 60


@pytest.mark.parametrize(
    ("groups", "labels", "count", "message"),
    [
        pytest.param(
            Groups(_DAYS * DAY, are_times=True),
            _LABELS,
            9,
            "the 400 rows to learn lie on 8 days; `folds` of 9 needs 10 of them",
            id="few days",
        ),
        pytest.param(
            Groups(_DAYS * DAY, are_times=True),
            np.where(_DAYS == 0, np.arange(_ROWS) % 2, 1 + np.arange(_ROWS) % 2),
            7,
            "fold 1 of 7 learns 50 rows, none of them of the class '2'; choose fewer `folds`",
            id="a class that comes late",
        ),
    ],
)
def test_rows_that_cannot_be_cut_are_explained(
    groups: Groups, labels: Any, count: int, message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        _folds(groups, labels, count)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        f"candidate 'one': {message}",
    )


def test_folds_without_groups_are_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="needs the groups"):
        _folds(None)
