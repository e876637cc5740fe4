"""Which rows test: whole days, never rows that a compared model learned."""

import numpy as np
import pytest
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_trainer.times import DAY, microseconds
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Shortage
from tidewheel_trainer.train.split import (
    Split,
    last_third,
    split_by_hash,
    split_by_time,
    validation_by_hash,
    validation_by_time,
)
from tidewheel_trainer.train.target import Target

ONE, TWO = ONE_MODEL[Task.CLASSIFICATION], TWO_MODELS[Task.CLASSIFICATION]
_FIRST_DAY = microseconds("2013-01-01T00:00:00Z") // DAY


def _times(days: int, rows_per_day: int) -> np.ndarray:
    days_of_rows = np.repeat(np.arange(_FIRST_DAY, _FIRST_DAY + days), rows_per_day)
    return np.asarray(days_of_rows * DAY + DAY // 2)


def _target(rows: int) -> Target:
    return target_of(np.arange(rows) % 4 == 0)


def _tested_days(split: Split | Shortage) -> list[int]:
    assert isinstance(split, Split)
    return sorted(set((split.clusters[split.test] - _FIRST_DAY).tolist()))


def test_the_first_run_tests_the_newest_fifth_in_whole_days() -> None:
    times = _times(10, 700)
    split = split_by_time(times, _target(7000), None, ONE)
    assert _tested_days(split) == [8, 9]


def test_a_first_run_reaches_back_until_there_are_a_thousand_rows() -> None:
    split = split_by_time(_times(10, 260), _target(2600), None, ONE)
    assert _tested_days(split) == [6, 7, 8, 9]


def test_a_first_run_reaches_back_until_there_are_a_hundred_rows_of_the_rarer_class() -> None:
    times, late = _times(10, 700), np.zeros(7000, dtype=bool)
    late[np.r_[:50, 700 * 6 : 700 * 6 + 100]] = True
    assert _tested_days(split_by_time(times, target_of(late), None, ONE)) == [6, 7, 8, 9]


def test_half_of_the_rows_without_enough_of_them_is_a_shortage_for_a_first_run_too() -> None:
    split = split_by_time(_times(12, 150), _target(1800), None, ONE)
    assert split == Shortage(
        "the test rows are 900 with 225 of the rarer class; a judgement needs 1,000 and 100"
    )


def test_rows_outside_the_window_of_one_class_cannot_be_learned() -> None:
    times = _times(10, 700)
    split = split_by_time(times, target_of(times >= times[700 * 9 - 1]), None, ONE)
    assert split == Shortage(
        "the 3,500 rows outside the test window are all of one class; a model needs rows of both"
    )


def test_one_day_cannot_be_split() -> None:
    split = split_by_time(_times(1, 50), _target(50), None, ONE)
    assert split == Shortage("all 50 labelled rows lie on one day; a split needs two")


def test_rows_later_than_the_champion_learned_test_the_champion_itself() -> None:
    times = _times(30, 200)
    learned = int(times[200 * 15 - 1])
    split = split_by_time(times, _target(6000), learned, TWO)
    assert isinstance(split, Split)
    assert (_tested_days(split), split.unseen) == (list(range(15, 30)), True)


def test_a_window_that_begins_within_a_day_leaves_the_learned_rows_of_that_day_out() -> None:
    times = np.sort(np.concatenate([_times(30, 100), _times(30, 100) + DAY // 4]))
    learned = int(_times(30, 1)[14])
    split = split_by_time(times, _target(6000), learned, TWO)
    assert isinstance(split, Split)
    assert (int(times[split.test].min()), split.unseen) == (learned + DAY // 4, True)


def test_a_short_window_reaches_back_by_whole_days_into_rows_that_the_champion_learned() -> None:
    times = _times(50, 200)
    learned = int(times[200 * 48 - 1])
    split = split_by_time(times, _target(10_000), learned, TWO)
    assert isinstance(split, Split)
    assert (_tested_days(split), split.unseen) == (list(range(40, 50)), False)


def test_without_a_new_row_the_newest_fifth_is_tested() -> None:
    times = _times(50, 200)
    split = split_by_time(times, _target(10_000), int(times[-1]), TWO)
    assert isinstance(split, Split)
    assert (_tested_days(split), split.unseen) == (list(range(40, 50)), False)


def test_a_window_grows_from_a_fifth_to_half_until_it_has_ten_days() -> None:
    times = _times(24, 200)
    split = split_by_time(times, _target(4800), int(times[-1]), TWO)
    assert _tested_days(split) == list(range(14, 24))


def test_half_of_the_rows_on_too_few_days_is_a_shortage() -> None:
    times = _times(12, 200)
    split = split_by_time(times, _target(2400), int(times[-1]), TWO)
    assert split == Shortage(
        "the test rows are 1,200 with 300 of the rarer class on 6 days; a comparison needs 1,000, "
        "100 and 10"
    )


def test_120_rows_are_a_shortage() -> None:
    times = _times(12, 10)
    assert isinstance(split_by_time(times, _target(120), None, TWO), Shortage)


def test_a_champion_of_older_data_than_all_rows_is_met_on_rows_it_never_saw() -> None:
    times = _times(60, 100)
    split = split_by_time(times, _target(6000), int(times[0]) - DAY, TWO)
    assert isinstance(split, Split)
    assert (_tested_days(split), split.unseen) == (list(range(48, 60)), True)


@pytest.mark.parametrize(
    ("new_days", "tested"),
    [
        pytest.param(30, list(range(50, 60)), id="thirty days give ten"),
        pytest.param(31, list(range(50, 61)), id="a part of a day is a whole day"),
        pytest.param(28, list(range(48, 58)), id="February is long enough"),
    ],
)
def test_the_last_third_of_a_window_is_whole_days(new_days: int, tested: list[int]) -> None:
    times = _times(30 + new_days, 100)
    target = _target(len(times))
    window = split_by_time(times, target, int(times[100 * 30 - 1]), TWO)
    assert isinstance(window, Split)
    third = last_third(window, target, TWO)
    assert isinstance(third, Split)
    assert (_tested_days(third), third.unseen) == (tested, True)


def test_a_last_third_of_too_few_days_is_a_shortage() -> None:
    times = _times(57, 100)
    target = _target(len(times))
    window = split_by_time(times, target, int(times[100 * 30 - 1]), TWO)
    assert isinstance(window, Split)
    assert last_third(window, target, TWO) == Shortage(
        "the test rows are 900 with 225 of the rarer class on 9 days; a comparison needs 1,000, "
        "100 and 10"
    )


def test_candidates_are_chosen_on_the_newest_fifth_of_the_rows_before_the_test() -> None:
    times = _times(10, 10)
    learnable = times < times[80]
    validation = validation_by_time(times, _target(100), learnable)
    assert isinstance(validation, np.ndarray)
    assert np.flatnonzero(validation).tolist() == list(range(60, 80))


def test_a_hash_gives_a_fifth_to_the_test_and_a_fifth_of_the_rest_to_the_choice() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64, size=50_000, dtype=np.uint64)
    target = _target(50_000)
    split = split_by_hash(hashes, target, TWO)
    assert isinstance(split, Split)
    validation = validation_by_hash(hashes, target, ~split.test)
    assert isinstance(validation, np.ndarray)
    shares = split.test.mean(), validation.sum() / (~split.test).sum()
    assert shares == pytest.approx((0.2, 0.2), abs=0.01)
    assert not np.any(split.test & validation)
    assert (len(set(split.clusters[split.test])), split.unseen) == (100, False)


def test_more_rows_move_no_row_to_the_other_side() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64, size=20_000, dtype=np.uint64)
    small = split_by_hash(hashes[:10_000], _target(10_000), ONE)
    large = split_by_hash(hashes, _target(20_000), ONE)
    assert isinstance(small, Split)
    assert isinstance(large, Split)
    assert np.array_equal(large.test[:10_000], small.test)


def test_the_rarest_of_many_classes_is_named() -> None:
    grades = np.array(["good", "fair", "bad"])[np.arange(7000) % 3]
    grades[::700] = "vile"
    split = split_by_time(_times(10, 700), target_of(grades), None, ONE)
    assert split == Shortage(
        "the test rows are 3,500 with 5 of the rarest class 'vile'; a judgement needs 1,000 and 100"
    )


def test_a_class_of_one_row_that_is_learned_has_none_to_test() -> None:
    grades = np.array(["good", "bad"])[np.arange(7000) % 2]
    grades[3] = "odd"
    split = split_by_time(_times(10, 700), target_of(grades), None, ONE)
    assert split == Shortage(
        "the test rows are 3,500 with 0 of the rarest class 'odd'; a judgement needs 1,000 and 100"
    )


def test_a_number_needs_500_rows_and_no_classes() -> None:
    fares = target_of(np.arange(3000) / 8)
    guards = ONE_MODEL[Task.REGRESSION], TWO_MODELS[Task.REGRESSION]
    assert _tested_days(split_by_time(_times(10, 300), fares, None, guards[0])) == [8, 9]
    assert split_by_time(_times(10, 300), fares, None, guards[1]) == Shortage(
        "the test rows are 1,500 on 5 days; a comparison needs 500 and 10"
    )
    assert split_by_time(_times(10, 90), target_of(np.arange(900) / 8), None, guards[0]) == (
        Shortage("the test rows are 450; a judgement needs 500")
    )


def test_a_number_that_is_one_before_the_window_cannot_be_learned() -> None:
    times = _times(10, 700)
    fares = np.where(times >= times[700 * 9 - 1], np.arange(7000) / 8, 2.5)
    split = split_by_time(times, target_of(fares), None, ONE_MODEL[Task.REGRESSION])
    assert split == Shortage(
        "the 3,500 rows outside the test window all have one value of the target; a model needs "
        "others"
    )


def test_a_choice_by_a_number_needs_two_values_on_each_side() -> None:
    times = _times(10, 100)
    target = target_of(np.where(np.arange(1000) < 200, np.arange(1000) / 8, 2.5))
    assert validation_by_time(times, target, np.arange(1000) < 900) == Shortage(
        "the 900 rows before the test window are too few to choose among several candidates: each "
        "side of the choice needs two values of the target, and a single candidate needs no choice"
    )
