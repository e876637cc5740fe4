"""The hash of a key: the same wherever and however its values are held."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tidewheel_trainer.train.split_keys import key_hashes


def _hashes(**columns: Any) -> list[int]:
    return [int(value) for value in key_hashes(pa.table(columns))]


def test_hashes_of_known_keys_never_change() -> None:
    # A changed hash would move rows between learning and testing at the next snapshot.
    keys = {"customer": ["ann", "bob", None], "shop": pa.array([1, 2**60 + 1, None])}
    assert _hashes(**keys) == [
        1559061634789320634,
        270751552218713424,
        930010873730952030,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(pa.array([7, 8]), pa.array([7.0, 8.0]), id="integers as floats"),
        pytest.param(pa.array([0.0]), pa.array([-0.0]), id="zero with and without a sign"),
        pytest.param(
            pa.array([Decimal("1.50")]), pa.array([Decimal("1.5")]), id="decimals of another scale"
        ),
        pytest.param(
            pa.array([datetime(2026, 1, 2, tzinfo=UTC)], pa.timestamp("us")),
            pa.array([datetime(2026, 1, 2, tzinfo=UTC)], pa.timestamp("ms", tz="UTC")),
            id="times in another unit",
        ),
        pytest.param(pa.array(["a"]), pa.array(["a"]).dictionary_encode(), id="coded text"),
        pytest.param(pa.array([None], pa.string()), pa.array([None], pa.int64()), id="no value"),
        pytest.param(pa.array([None], pa.float64()), pa.array([float("nan")]), id="not a number"),
    ],
)
def test_one_value_in_two_forms_is_one_key(one: pa.Array, other: pa.Array) -> None:
    assert _hashes(key=one) == _hashes(key=other)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["1", "1.0", "", None, "-", "0:"], id="texts"),
        pytest.param([2**53, 2**53 + 1], id="integers that floats confuse"),
        pytest.param([0.1, 0.2, float("inf"), -1.5, 1.5], id="floats"),
        pytest.param([date(2026, 1, 1), date(2026, 1, 2), None], id="days"),
        pytest.param([True, False, None], id="booleans"),
    ],
)
def test_other_values_are_other_keys(values: list[object]) -> None:
    assert len(set(_hashes(key=values))) == len(values)


def test_where_one_value_ends_and_the_next_begins_tells_keys_apart() -> None:
    hashes = _hashes(one=["ab", "a", "ab1:c", ""], other=["c", "bc", "", "abc"])
    assert len(set(hashes)) == 4


def test_a_key_does_not_depend_on_the_rows_around_it() -> None:
    random = np.random.default_rng(0)
    table = pa.table({"one": random.integers(0, 50, 5000), "other": random.integers(0, 9, 5000)})
    order = random.permutation(5000)
    assert np.array_equal(key_hashes(table)[order], key_hashes(table.take(order)))


def test_rows_without_a_key_are_one_group() -> None:
    hashes = _hashes(one=["a", None, None], other=[None, None, None])
    assert (hashes[1] == hashes[2], hashes[0] == hashes[1]) == (True, False)
