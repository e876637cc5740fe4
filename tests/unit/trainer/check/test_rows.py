"""Rows that break a check of their own go to a file apart."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.unit.trainer.check.tables import LIMIT

from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks
from tidewheel_trainer.check.rows import RowFailures, quarantined
from tidewheel_trainer.clean.memory import Memory

ROWS = pa.table(
    {
        "a": [1, 0, None, 4],
        "b": ["x", "Y", "x", "z"],
        "c": [0.5, math.nan, 2.0, None],
        "broken_checks": [1, 2, 3, 4],
    }
)
CHECKS = (
    {"column": "a", "minimum": "1", "nullable": False},
    {"column": "b", "pattern": "[a-z]", "allowed": ["x", "Y"], "unique": True, "minimum": "0"},
    {"column": "gone", "nullable": False},
)


def quarantine_of(folder: Path, *columns: dict[str, Any], on_failure: str) -> RowFailures:
    pq.write_table(ROWS, folder / "rows")
    checks = Checks.model_validate({"columns": list(columns), "onFailure": on_failure})
    names = (folder / name for name in ("rows", "kept", "failed"))
    source, kept, failed = names
    return quarantined(source, checks, kept, failed, Memory(folder, LIMIT))


def test_rows_are_divided_in_their_order_and_the_broken_checks_are_named(tmp_path: Path) -> None:
    found = quarantine_of(tmp_path, *CHECKS, on_failure="Quarantine")
    assert found == RowFailures(
        kept=1,
        failed=3,
        by_check={"a.nullable": 1, "a.minimum": 1, "b.allowed": 1, "b.pattern": 1},
    )
    assert pq.read_table(tmp_path / "kept").equals(ROWS.slice(0, 1))
    failed = pq.read_table(tmp_path / "failed")
    assert failed.schema.names == [*ROWS.schema.names, "broken_checks_"]
    assert failed.select(["a", "b"]).equals(ROWS.slice(1).select(["a", "b"]))
    assert failed["broken_checks_"].to_pylist() == [
        "a.minimum, b.pattern",
        "a.nullable",
        "b.allowed",
    ]


def test_rows_are_only_counted_without_a_quarantine(tmp_path: Path) -> None:
    found = quarantine_of(tmp_path, {"column": "c", "nullable": False}, on_failure="Stop")
    assert found == RowFailures(kept=2, failed=2, by_check={"c.nullable": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_rows_without_any_check_are_all_kept(tmp_path: Path) -> None:
    assert quarantine_of(tmp_path, on_failure="Quarantine") == RowFailures(4, 0, {})
    assert pq.read_table(tmp_path / "kept")["a"].equals(ROWS["a"])
    assert pq.read_table(tmp_path / "failed").num_rows == 0
