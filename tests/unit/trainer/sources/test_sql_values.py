"""Values of a driver land with types that fit all of a column, over all batches."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.sql_cursor import CursorValue
from tidewheel_trainer.sources.sql_values import cursor_value, write_values

LATER = timezone(timedelta(hours=1))
LOCAL = datetime(2026, 1, 31, 6)  # noqa: DTZ001


def landed(batches: Sequence[Sequence[object]], folder: Path) -> tuple[str, list[Any]]:
    """Return type and values of a column that comes in batches."""
    rows = [[(value,) for value in values] for values in batches]
    write_values(["x"], rows, folder / "target", folder)
    column = pq.read_table(folder / "target").column("x")
    assert [entry.name for entry in folder.iterdir()] == ["target"]
    return str(column.type), column.to_pylist()


@pytest.mark.parametrize(
    ("batches", "kind", "values"),
    [
        ([[1, None], [2**62]], "int64", [1, None, 2**62]),
        ([[1], [1.5]], "double", [1.0, 1.5]),
        ([[2**53 + 1, 1.5]], "string", ["9007199254740993", "1.5"]),
        ([[2**70]], "string", [str(2**70)]),
        ([[True], [None]], "bool", [True, None]),
        ([[Decimal("1.5")], [Decimal("100.25"), 3]], "decimal128(38, 9)", [1.5, 100.25, 3]),
        ([[1], [Decimal("0.5")]], "decimal128(38, 9)", [1, 0.5]),
        ([[Decimal("NaN"), Decimal(1)]], "decimal128(38, 9)", [None, 1]),
        ([[Decimal("0.0000000005")]], "decimal128(38, 18)", [Decimal("0.0000000005")]),
        (
            [[Decimal(1)], [Decimal("0.0000000005")]],
            "string",
            ["1.000000000", "0.000000000500000000"],
        ),
        ([[Decimal(10**40)]], "string", [str(10**40)]),
        ([[date(2026, 1, 31)]], "date32[day]", [date(2026, 1, 31)]),
        ([[LOCAL]], "timestamp[us]", [LOCAL]),
        (
            [[datetime(2026, 1, 31, 6, tzinfo=LATER)]],
            "timestamp[us, tz=UTC]",
            [datetime(2026, 1, 31, 5, tzinfo=UTC)],
        ),
        ([[LOCAL, LOCAL.replace(tzinfo=UTC)]], "string", None),
        ([[time(6, 30)]], "string", ["06:30:00"]),
        ([[uuid.UUID(int=1)]], "string", ["00000000-0000-0000-0000-000000000001"]),
        ([[{"a": [1, "é"]}], [[1, None]]], "string", ['{"a":[1,"é"]}', "[1,null]"]),
        ([[b"\x00\xff", bytearray(b"a")]], "binary", [b"\x00\xff", b"a"]),
        ([["a", 1], [b"\xff", True, float("nan")]], "string", ["a", "1", "/w==", "true", "nan"]),
        ([[1], ["a"]], "string", ["1", "a"]),
        ([[None], [None]], "null", [None, None]),
        ([[None], [""]], "string", [None, ""]),
        ([], "null", []),
    ],
)
def test_a_column_has_the_type_that_fits_all_values(
    batches: list[list[object]], kind: str, values: list[object] | None, tmp_path: Path
) -> None:
    found_kind, found = landed(batches, tmp_path)
    assert found_kind == kind
    if values is not None:
        assert found == values


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2**60, CursorValue("number", str(2**60))),
        (Decimal("1.50"), CursorValue("number", "1.50")),
        (Decimal("1E+3"), CursorValue("number", "1000")),
        ("a'b", CursorValue("text", "a'b")),
        (date(2026, 1, 31), CursorValue("date", "2026-01-31")),
        (LOCAL, CursorValue("time", "2026-01-31 06:00:00")),
        (
            datetime(2026, 1, 31, 6, 0, 0, 5, tzinfo=LATER),
            CursorValue("zoned time", "2026-01-31 05:00:00.000005+00:00"),
        ),
    ],
)
def test_a_cursor_value_is_written_exactly(value: object, wanted: CursorValue) -> None:
    assert cursor_value(value, "x") == wanted


@pytest.mark.parametrize("value", [1.5, True, b"a", Decimal("NaN"), [1]])
def test_a_cursor_that_is_not_exact_is_refused(value: object) -> None:
    kind = type(value).__name__
    with pytest.raises(TrainerError, match=f"'x' has values of the kind {kind}, which cannot"):
        cursor_value(value, "x")
