"""Every check that fails is told, at once, with numbers and an example."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.unit.trainer.check.tables import NOW, failures_of

NAN = math.nan
ODD = 2**53 + 1
WIDE = Decimal("12345678901234567890.12345678901234567")


@pytest.mark.parametrize(
    ("values", "check", "told"),
    [
        ([1, None, 3], {"nullable": False}, "1 of 3 rows have no value"),
        ([1.0, NAN, None], {"nullable": False}, "2 of 3 rows have no value"),
        (pa.nulls(3), {"nullable": False}, "3 of 3 rows have no value"),
        ([1, -5, -7], {"minimum": "0"}, "2 of 3 rows are below 0, such as -5"),
        ([1, 2, 3], {"maximum": "2.5"}, "1 of 3 rows are above 2.5, such as 3"),
        ([0.5, math.inf], {"maximum": "1"}, "1 of 2 rows are above 1, such as inf"),
        (
            [ODD, 0],
            {"maximum": "999999999999"},
            f"1 of 2 rows are above 999999999999, such as {ODD}",
        ),
        ([WIDE, None], {"minimum": "0.5", "maximum": "999999999999"}, f"such as {WIDE}"),
        (["a", "b'", "b'"], {"allowed": ["a"]}, "2 of 3 rows are none of a, such as b'"),
        ([1, 2], {"allowed": ["1", "3"]}, "1 of 2 rows are none of 1, 3, such as 2"),
        ([0.1, 0.2], {"allowed": ["0.1"]}, "1 of 2 rows are none of 0.1, such as 0.2"),
        (["ab", "abc"], {"pattern": "[a-z]{2}"}, "1 of 2 rows do not match [a-z]{2}, such as abc"),
        (["x" * 1000, ""], {"pattern": "y*"}, f"such as {'x' * 60}..."),
        ([1, 2, 1], {"unique": True}, "2 of 3 rows have a value that occurs more than once"),
        (
            [1, None, None, 2],
            {"maximumNullShare": "0.25"},
            "2 of 4 rows have no value, which is a share of 0.5 and more than 0.25",
        ),
    ],
)
def test_rows_that_break_a_check_are_counted_and_one_is_shown(
    tmp_path: Path, values: Any, check: dict[str, Any], told: str
) -> None:
    (failure,) = failures_of(tmp_path, {"a": values}, {"column": "a", **check})
    assert failure.startswith("column 'a': ")
    assert told in failure


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ([0, None, 2], {"minimum": "0", "maximum": "2"}),
        ([1, 2], {"minimum": "0.5", "maximum": "2.5", "allowed": ["1", "2"], "nullable": False}),
        ([NAN, 1.0], {"maximum": "1", "allowed": ["1"], "maximumNullShare": "0.5"}),
        (pa.array([0.1], pa.float32()), {"minimum": "0.1", "maximum": "0.1", "allowed": ["0.1"]}),
        ([None, None, "x"], {"unique": True, "pattern": "x", "allowed": ["x"]}),
        ([NAN, NAN, 1.0], {"unique": True}),
        ([WIDE], {"minimum": "0"}),
        (pa.nulls(2), {"minimum": "0", "pattern": "x", "allowed": ["x"], "type": "Date"}),
        ([datetime(2026, 1, 2, tzinfo=UTC)], {"allowed": ["2026-01-02T00:00:00Z"]}),
        (["it's"], {"allowed": ["it's"], "pattern": "it's"}),
    ],
)
def test_rows_at_the_limits_and_rows_without_a_value_pass(
    tmp_path: Path, values: Any, check: dict[str, Any]
) -> None:
    assert failures_of(tmp_path, {"a": values}, {"column": "a", **check}) == ()


@pytest.mark.parametrize(
    ("values", "kind", "is_fit"),
    [
        (pa.array([1], pa.int8()), "Integer", True),
        (pa.array([1], pa.uint32()), "Integer", True),
        (pa.array([1], pa.uint64()), "Integer", False),
        (pa.array([Decimal(1)]), "Integer", False),
        (pa.array([1.0], pa.float32()), "Double", True),
        (pa.array([1]), "Double", False),
        (pa.array(["x"], pa.large_string()), "String", True),
        (pa.array(["x"]).dictionary_encode(), "String", True),
        (pa.array([1], pa.date32()), "Date", True),
        (pa.array([1], pa.timestamp("ns")), "Timestamp", True),
        (pa.array([1], pa.timestamp("us", "UTC")), "Timestamp", True),
        (pa.array([1], pa.date32()), "Timestamp", False),
        (pa.array([True]), "Boolean", True),
        (pa.nulls(1), "Boolean", True),
    ],
)
def test_a_column_has_the_type_that_is_asked_for(
    tmp_path: Path, values: pa.Array, kind: str, is_fit: bool
) -> None:
    found = failures_of(tmp_path, {"a": values}, {"column": "a", "type": kind})
    assert found == (() if is_fit else (f"column 'a' is {values.type}, not {kind}",))


@pytest.mark.parametrize(
    ("values", "check", "told"),
    [
        (["x"], {"minimum": "0"}, "is string, which is no number, so `minimum` cannot be checked"),
        ([1], {"pattern": "x"}, "is int64, and only text has a pattern, so `pattern`"),
        ([1], {"allowed": ["1", "x"]}, "is int64, and 'x' is no such value, so `allowed`"),
        (["x"], {"pattern": "["}, "is asked for a pattern that RE2 cannot read (Invalid Input"),
    ],
)
def test_checks_that_do_not_fit_the_type_fail(
    tmp_path: Path, values: list[Any], check: dict[str, Any], told: str
) -> None:
    (failure,) = failures_of(tmp_path, {"a": values}, {"column": "a", **check})
    assert told in failure


def test_all_failures_are_told_in_the_order_of_the_checks(tmp_path: Path) -> None:
    found = failures_of(
        tmp_path,
        {"a": [1, None], "b": ["x", "y"], "t": [NOW - timedelta(hours=2), None]},
        {"column": "b", "unique": True, "allowed": ["x"], "type": "Integer"},
        {"column": "z", "unique": True},
        {"column": "a", "nullable": False, "minimum": "2"},
        minimumRows=3,
        maximumAgeSeconds=3600,
    )
    assert found == (
        "there are 2 rows, fewer than 3",
        "column 'b' is string, not Integer",
        "column 'b': 1 of 2 rows are none of x, such as y",
        "column 'z' is missing; there are a, b, t",
        "column 'a': 1 of 2 rows have no value",
        "column 'a': 1 of 2 rows are below 2, such as 1",
        "the newest value of 't' is 2026-01-05T22:00:00Z, which is 7,200 seconds old and more than "
        "3,600",
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (pa.array([20_458], pa.date32()), "the newest value of 't' is 2026-01-05T00:00:00Z"),
        (pa.array([0], pa.timestamp("s")), "the newest value of 't' is 1970-01-01T00:00:00Z"),
        (pa.nulls(1), "no value of 't' is a time"),
        (pa.array(["x"]), "no value of 't' is a time"),
    ],
)
def test_age_is_told_of_every_type_of_time(tmp_path: Path, values: pa.Array, told: str) -> None:
    (failure,) = failures_of(tmp_path, {"t": values}, maximumAgeSeconds=86_399)
    assert told in failure


def test_new_enough_rows_and_few_enough_pass(tmp_path: Path) -> None:
    columns = {"t": [NOW - timedelta(seconds=60)]}
    assert failures_of(tmp_path, columns, maximumAgeSeconds=60, maximumRows=1) == ()
    assert failures_of(tmp_path, columns, maximumRows=0) == ("there are 1 rows, more than 0",)
