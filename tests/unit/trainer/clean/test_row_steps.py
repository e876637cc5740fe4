"""Each step of single rows, on a few rows."""

import hashlib
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.unit.trainer.clean.tables import cleaned_table, fault_of, rows_after

NAN = math.nan
# The lowest whole number that a double does not hold.
ODD = 2**53 + 1


def test_rows_without_a_value_or_with_nan_are_dropped(tmp_path: Path) -> None:
    columns = {"a": [1.0, NAN, None, 4.0], "b": [1, 2, 3, None]}
    step = {"dropNulls": {"columns": ["a", "b"]}}
    assert rows_after(tmp_path, columns, step) == {"a": [1.0], "b": [1]}


def test_infinity_is_a_value(tmp_path: Path) -> None:
    step = {"dropNulls": {"columns": ["a"]}}
    assert rows_after(tmp_path, {"a": [math.inf, NAN]}, step) == {"a": [math.inf]}


@pytest.mark.parametrize(
    ("column", "value", "filled"),
    [
        (pa.array([1, None]), "-7", [1, -7]),
        (pa.array([1.5, None, NAN]), "0", [1.5, 0.0, 0.0]),
        (pa.array(["x", None]), "it's", ["x", "it's"]),
        (pa.array([True, None]), "false", [True, False]),
        (pa.array([date(2026, 1, 2), None]), "2026-01-03", [date(2026, 1, 2), date(2026, 1, 3)]),
        (
            pa.array([None], pa.timestamp("us", "UTC")),
            "2026-01-03T04:00:00+02:00",
            [datetime(2026, 1, 3, 2, tzinfo=UTC)],
        ),
        (
            pa.array([None], pa.timestamp("us", "UTC")),
            "2026-01-03",
            [datetime(2026, 1, 3, tzinfo=UTC)],
        ),
        (pa.array([None], pa.decimal128(6, 2)), "1.5", [Decimal("1.50")]),
        (pa.nulls(2), "x", ["x", "x"]),
    ],
    ids=["int", "double", "text", "bool", "date", "zoned", "zoned day", "decimal", "nulls"],
)
def test_nulls_are_filled_in_the_type_of_the_column(
    tmp_path: Path, column: pa.Array, value: str, filled: list[Any]
) -> None:
    step = {"fillNulls": {"column": "a", "value": value}}
    assert rows_after(tmp_path, {"a": column}, step) == {"a": filled}


def test_filter_keeps_rows_for_which_the_expression_is_true_and_not_unknown(tmp_path: Path) -> None:
    step = {"filter": {"expression": "a > 1 -- above one"}}
    assert rows_after(tmp_path, {"a": [3, None, 1, 2]}, step) == {"a": [3, 2]}


def test_derive_writes_a_new_column_at_the_end_and_replaces_one_in_its_place(
    tmp_path: Path,
) -> None:
    found = cleaned_table(
        tmp_path,
        pa.table({"a": [1, 2], "b": ["x", "y"]}),
        {"derive": {"column": "c", "expression": "a + 0.5"}},
        {"derive": {"column": "a", "expression": "b || '!'"}},
        {"derive": {"column": "one", "expression": "1"}},
    )
    assert found.to_pydict() == {
        "a": ["x!", "y!"],
        "b": ["x", "y"],
        "c": [Decimal("1.5"), Decimal("2.5")],
        "one": [1, 1],
    }


def test_whole_numbers_of_128_bits_become_64(tmp_path: Path) -> None:
    step = {"derive": {"column": "b", "expression": "CAST(a AS HUGEINT) + 1"}}
    found = cleaned_table(tmp_path, pa.table({"a": [ODD]}), step)
    assert (found.schema.field("b").type, found["b"].to_pylist()) == (pa.int64(), [ODD + 1])


@pytest.mark.parametrize(
    ("column", "kind", "found"),
    [
        (pa.array([f"{ODD}", " -1 ", "3.0", None]), "Integer", [ODD, -1, 3, None]),
        (pa.array([2.0, NAN, None]), "Integer", [2, None, None]),
        (pa.array([Decimal(ODD)], pa.decimal128(20, 0)), "Integer", [ODD]),
        (pa.array(["1e3", "-inf", ".5"]), "Double", [1000.0, -math.inf, 0.5]),
        (pa.array([ODD, None]), "String", [str(ODD), None]),
        (pa.array(["true", "False"]), "Boolean", [True, False]),
        (pa.array([0, 1, None]), "Boolean", [False, True, None]),
        (pa.array(["2026-01-31"]), "Date", [date(2026, 1, 31)]),
        (pa.array([datetime.fromisoformat("2026-01-31T23:59")]), "Date", [date(2026, 1, 31)]),
        (pa.nulls(1), "Timestamp", [None]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_are_cast(tmp_path: Path, column: pa.Array, kind: str, found: list[Any]) -> None:
    step = {"cast": {"column": "a", "type": kind}}
    assert rows_after(tmp_path, {"a": column}, step) == {"a": found}


def test_texts_with_several_zones_become_times_of_one_zone(tmp_path: Path) -> None:
    texts = [
        "2026-01-31T10:00:00+02:00",
        "2026-01-31 10:00:00 -0530",
        "2026-01-31T10:00:00Z",
        "2026-01-31T10:00:00",
        "2026-01-31",
    ]
    found = cleaned_table(
        tmp_path, pa.table({"a": texts}), {"cast": {"column": "a", "type": "Timestamp"}}
    )
    assert found.schema.field("a").type == pa.timestamp("us", "UTC")
    hours = [(value.hour, value.minute) for value in found["a"].to_pylist()]
    assert hours == [(8, 0), (15, 30), (10, 0), (10, 0), (0, 0)]


@pytest.mark.parametrize(
    ("values", "kind", "told"),
    [
        (["1.5"], "Integer", "Value 1.5 is no Integer"),
        ([1.5], "Integer", "Value 1.5 is no Integer"),
        ([""], "Integer", "Value  is no Integer"),
        ([2], "Boolean", "Value 2 is no Boolean"),
        (["2026-01-31 10:00"], "Date", "Value 2026-01-31 10:00 is no Date"),
        (["9223372036854775808"], "Integer", "Could not convert string '9223372036854775808'"),
        (["x"], "Double", "Could not convert string 'x' to DOUBLE"),
        ([math.inf], "Integer", "Type DOUBLE with value inf can't be cast"),
    ],
)
def test_values_that_are_none_of_the_type_are_not_bent(
    tmp_path: Path, values: list[Any], kind: str, told: str
) -> None:
    fault = fault_of(tmp_path, {"a": values}, {"cast": {"column": "a", "type": kind}})
    assert fault.startswith("steps[0].cast: column 'a': ")
    assert told in fault


def test_values_of_dropped_rows_are_not_cast(tmp_path: Path) -> None:
    steps = (
        {"filter": {"expression": "a <> 'n/a'"}},
        {"cast": {"column": "a", "type": "Integer"}},
        {"filter": {"expression": "a > 1"}},
    )
    assert rows_after(tmp_path, {"a": ["n/a", "1", "2"]}, *steps) == {"a": [2]}


def test_columns_are_renamed_and_selected_in_order(tmp_path: Path) -> None:
    steps = ({"rename": {"column": "a", "to": "A b"}}, {"select": {"columns": ["c", "A b"]}})
    found = cleaned_table(tmp_path, pa.table({"a": [1], "b": [2], "c": [3]}), *steps)
    assert (found.column_names, found.to_pylist()) == (["c", "A b"], [{"c": 3, "A b": 1}])


def test_clip_moves_values_to_the_limits_and_leaves_nan_and_null(tmp_path: Path) -> None:
    steps = (
        {"clip": {"column": "a", "minimum": "0", "maximum": "2"}},
        {"clip": {"column": "n", "maximum": str(10**11)}},
        {"clip": {"column": "d", "minimum": "0.25"}},
    )
    columns = {
        "a": [-1.0, NAN, None, math.inf],
        "n": [ODD, 1, None, -ODD],
        "d": pa.array([Decimal("0.10"), None, Decimal("9.99"), Decimal("0.25")]),
    }
    found = rows_after(tmp_path, columns, *steps)
    assert math.isnan(found["a"].pop(1))
    assert found == {
        "a": [0.0, None, 2.0],
        "n": [10**11, 1, None, -ODD],
        "d": [Decimal("0.25"), None, Decimal("9.99"), Decimal("0.25")],
    }


def test_sample_keeps_equal_rows_alike_and_another_seed_other_rows(tmp_path: Path) -> None:
    values = [*range(200), *range(200)]
    half, other = (
        rows_after(tmp_path, {"a": values}, {"sample": {"fraction": "0.5", "seed": seed}})["a"]
        for seed in (0, 1)
    )
    assert half[: len(half) // 2] == half[len(half) // 2 :]
    assert 70 <= len(half) // 2 <= 130
    assert half != other


def test_sample_goes_by_the_md5_of_seed_and_texts(tmp_path: Path) -> None:
    columns = {"a": [1.5, None, NAN, 1e20], "b": ["x", "y", None, "z:"], "c": [1, 2, 3, 4]}
    texts = ["3:1.51:x1:1", "-1:y1:2", "3:nan-1:3", "5:1e+202:z:1:4"]
    numbers = [
        int.from_bytes(
            hashlib.md5(f"7:{text}".encode(), usedforsecurity=False).digest()[8:], "little"
        )
        for text in texts
    ]
    step = {"sample": {"fraction": "0.5", "seed": 7}}
    expected = [c for c, number in zip(columns["c"], numbers, strict=True) if number < 2**63]
    assert 0 < len(expected) < 4
    assert rows_after(tmp_path, columns, step)["c"] == expected


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"dropNulls": {"columns": ["a", "z"]}}, "dropNulls.columns: there is no column 'z'"),
        ({"select": {"columns": ["z"]}}, "select.columns: there is no column 'z'; there are a, t"),
        ({"rename": {"column": "a", "to": "t"}}, "rename.to: there is a column 't' already"),
        (
            {"fillNulls": {"column": "a", "value": "1.5"}},
            "fillNulls.value: '1.5' is no value of the column's type int64",
        ),
        (
            {"clip": {"column": "a", "minimum": "0.5"}},
            "clip.minimum: '0.5' is no value of the column's type int64",
        ),
        (
            {"clip": {"column": "t", "minimum": "0"}},
            "clip.column: 't' is string, which is no number",
        ),
        ({"filter": {"expression": "t"}}, "filter.expression: Conversion Error: Could not convert"),
        (
            {"derive": {"column": "b", "expression": "a + nix"}},
            "derive.expression: there is no column 'nix'; there are a, t",
        ),
        (
            {"derive": {"column": "b", "expression": "nix(a)"}},
            "derive.expression: Catalog Error: Scalar Function with name nix does not exist!",
        ),
        (
            {"derive": {"column": "b", "expression": "INTERVAL 1 DAY"}},
            "derive.expression: column 'value' is INTERVAL, which cannot be stored",
        ),
    ],
)
def test_what_cannot_be_done_is_told_with_its_place(
    tmp_path: Path, step: dict[str, Any], told: str
) -> None:
    before = {"filter": {"expression": "true"}}
    fault = fault_of(tmp_path, {"a": [1], "t": ["x"]}, before, step)
    assert fault.startswith(f"steps[1].{told}")


def test_a_wrong_column_is_told_even_when_no_row_reaches_the_step(tmp_path: Path) -> None:
    steps = ({"filter": {"expression": "false"}}, {"select": {"columns": ["z"]}})
    assert "no column 'z'" in fault_of(tmp_path, {"a": [1]}, *steps)
