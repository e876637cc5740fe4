"""Trials learn and are scored by rows before the test window only, in order of time or by keys."""

from typing import Any

import numpy as np
import pytest
from tests.unit.trainer.search.searches import bayes, request_fields
from tests.unit.trainer.trainings import START, columns_of

from tidewheel_contracts.job import SearchRequest
from tidewheel_trainer.search.trial_rows import TrialRows, trial_rows
from tidewheel_trainer.times import DAY
from tidewheel_trainer.train.dividing import test_rows as rows_to_test
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material, gathered
from tidewheel_trainer.train.run import run_of
from tidewheel_trainer.train.split import Split


@pytest.fixture
def divided(store: Any, snapshot: Any, surroundings: Any, progress: Any) -> Any:
    """Return a function that gives the rows of trials, with the material and the test window."""

    def run(days: int, **fields: Any) -> tuple[TrialRows, Material, Split]:
        columns = columns_of(0, days)
        columns["flight"] = np.arange(len(columns["hour"])) % 700
        split = fields.pop("split", None)
        time = fields.pop("time", {"column": "day"})
        data = snapshot(columns, split=split, time=time)
        request = request_fields(data, bayes(), **fields) | {"split": split, "time": time}
        run = run_of(SearchRequest.model_validate(request), store, surroundings, progress)
        material = gathered(run)
        split_rows = rows_to_test(run, material)
        assert not isinstance(split_rows, Shortage)
        rows = trial_rows(run, material, split_rows)
        assert not isinstance(rows, Shortage)
        return rows, material, split_rows

    return run


def _days(material: Material, rows: np.ndarray) -> list[int]:
    assert material.rows.times is not None
    return [int(day) for day in np.unique((material.rows.times[rows] - START) // DAY)]


def test_without_folds_the_validation_rows_score(divided: Any) -> None:
    rows, material, split = divided(20)
    (fold,) = rows.folds
    assert _days(material, fold.learned) == list(range(10))
    assert _days(material, fold.judged) == [10, 11, 12]
    assert _days(material, split.test) == [13, 14, 15, 16, 17, 18, 19]


def test_folds_are_expanding_windows_before_the_test_window(divided: Any) -> None:
    rows, material, _ = divided(20, folds=3)
    assert [
        (_days(material, fold.learned), _days(material, fold.judged)) for fold in rows.folds
    ] == [
        ([0, 1, 2, 3], [4, 5, 6]),
        ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11, 12]),
    ]


def test_without_times_equal_rows_are_judged_together(divided: Any) -> None:
    rows, material, split = divided(40, folds=4, time=None)
    judged = np.array([fold.judged for fold in rows.folds])
    assert np.array_equal(judged.sum(axis=0), ~split.test)
    hashes = material.hashes()
    for fold in rows.folds:
        assert not np.isin(hashes[fold.judged], hashes[fold.learned]).any()


def test_a_declared_key_stays_in_one_fold_even_with_times(divided: Any) -> None:
    rows, material, split = divided(60, folds=4, split={"hash": {"columns": ["flight"]}})
    flights = material.rows.split_values["flight"].to_numpy()
    for fold in rows.folds:
        assert not np.any((fold.learned | fold.judged) & split.test)
        assert not np.isin(flights[fold.judged], flights[fold.learned]).any()


def test_a_part_of_a_fold_is_its_newest_rows(divided: Any) -> None:
    rows, material, _ = divided(40)
    (fold,) = rows.folds
    third = rows.learned(fold, 3)
    whole = _days(material, fold.learned)
    assert np.count_nonzero(third) == np.count_nonzero(fold.learned) // 3
    assert min(_days(material, third)) >= max(whole) - len(whole) // 3


def test_a_part_has_a_thousand_rows_at_least(divided: Any) -> None:
    few, few_material, _ = divided(20)
    many, many_material, _ = divided(60)
    assert few.largest_divisor(few_material.rows.target.labels) == 1
    assert np.count_nonzero(many.folds[0].learned) == 5700
    assert many.largest_divisor(many_material.rows.target.labels) == 3


def test_a_part_has_both_classes(divided: Any) -> None:
    rows, material, _ = divided(60)
    labels = material.rows.target.labels.copy()
    labels[rows.learned(rows.folds[0], 3)] = True
    assert rows.largest_divisor(labels) == 1
