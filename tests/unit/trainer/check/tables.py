"""Small data sets that are checked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks
from tidewheel_trainer.check.whole import failures
from tidewheel_trainer.clean.memory import Memory

LIMIT = 200 << 20
NOW = datetime(2026, 1, 6, tzinfo=UTC)


def failures_of(
    folder: Path, columns: dict[str, Any], *checks: dict[str, Any], time: str = "t", **more: Any
) -> tuple[str, ...]:
    """Return what fails, of checks of columns and of the whole, over two parts."""
    table = pa.table(columns)
    parts = [folder / "1", folder / "2"]
    pq.write_table(table.slice(0, 1), parts[0])
    pq.write_table(table.slice(1), parts[1])
    asked = Checks.model_validate({"columns": list(checks), **more})
    return failures(parts, asked, time, NOW, Memory(folder, LIMIT))
