"""Which rows are the first of those that agree."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tidewheel_trainer.clean.first_rows import first_rows
from tidewheel_trainer.clean.memory import Memory

NAN = float("nan")
LEAST = 64 << 20


def firsts(folder: Path, *tables: pa.Table) -> list[bool]:
    rows = sum(table.num_rows for table in tables)
    found: list[bool] = first_rows(tables, rows, Memory(folder, LEAST), "steps[0]").tolist()
    assert list(folder.iterdir()) == []
    return found


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0.0, -0.0, NAN, -NAN, None, None, 1e-300], pa.float64()),
        pa.array([0.0, -0.0, NAN, -NAN, None, None, 1.5], pa.float32()),
        pa.array(["", "", "-", "-", None, None, "0:"]),
        pa.array([b"\xff", b"\xff", b"\\xFF", b"\\xFF", None, None, b""]),
        pa.array([[None], [None], ["NULL"], ["NULL"], None, None, ["NULL", None]]),
        pa.array([["a, b"], ["a, b"], ["a", "b"], ["a", "b"], None, None, ["a,", "b"]]),
        pa.array([{"k": "a"}, {"k": "a"}, {"k": None}, {"k": None}, None, None, {"k": ""}]),
        pa.array(
            [Decimal("1.0"), Decimal("1.0"), *map(Decimal, "22"), None, None, Decimal("10.0")]
        ),
        pa.array([1, 1, 2, 2, None, None, 3], pa.timestamp("ns", "Europe/Berlin")),
    ],
    ids=lambda column: str(column.type),
)
def test_values_that_agree_do_so_in_every_type(tmp_path: Path, column: pa.Array) -> None:
    wanted = [True, False, True, False, True, False, True]
    assert firsts(tmp_path, pa.table({"value": column})) == wanted


def test_values_of_two_columns_are_not_joined(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", "xy", "x", None], "b": ["yz", "z", "yz", "x"]})
    assert firsts(tmp_path, table) == [True, True, False, True]


def test_names_do_not_matter(tmp_path: Path) -> None:
    table = pa.table([[1, 1], [2, 2]], names=["id", "ID"])
    assert firsts(tmp_path, table) == [True, False]


def test_no_rows_have_no_first(tmp_path: Path) -> None:
    empty = pa.table({"a": pa.array([], pa.int64())})
    assert firsts(tmp_path) == []
    assert firsts(tmp_path, empty) == []
    assert firsts(tmp_path, empty, pa.table({"a": [1, 1]})) == [True, False]


def test_millions_of_rows_in_many_tables_and_files(tmp_path: Path) -> None:
    values = np.random.default_rng(3).integers(0, 1_500_000, 2_100_000)
    tables = [pa.table({"a": values[at : at + 65_536]}) for at in range(0, len(values), 65_536)]

    found = np.array(firsts(tmp_path, *tables))

    wanted = np.zeros(len(values), dtype=np.bool_)
    wanted[np.unique(values, return_index=True)[1]] = True
    assert np.array_equal(found, wanted)
