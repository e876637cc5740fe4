"""Snapshots on disk whose profiles the tests make."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.artifact.snapshot import (
    SnapshotColumn,
    SnapshotManifest,
    SnapshotPart,
    StepCount,
)
from tidewheel_contracts.artifact.snapshot_profile import ColumnProfile, SnapshotProfile
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.describe.profile import snapshot_profile

MEMORY_BYTES = 128 << 20


def manifest_of(table: pa.Table, **changes: Any) -> SnapshotManifest:
    """Return the manifest of a snapshot of these rows, whose target is its first column."""
    names = table.column_names
    values = {
        "columns": [SnapshotColumn(name=each.name, type=str(each.type)) for each in table.schema],
        "target": names[0],
        "time": "day" if "day" in names else None,
        "parts": [SnapshotPart(sha256="a" * 64, size_bytes=1, rows=1, labelled_rows=1)],
        "rows": table.num_rows,
        "labelled_rows": table.num_rows,
        "steps": [StepCount(step="filter", rows_in=table.num_rows + 7, rows_out=table.num_rows)],
        **changes,
    }
    return SnapshotManifest.model_validate(values)


def profile_of(
    folder: Path, *tables: pa.Table, split: dict[str, Any] | None = None
) -> SnapshotProfile:
    """Return the profile of a snapshot, each of whose parts is one of the tables."""
    parts = []
    for place, table in enumerate(tables):
        parts.append(folder / f"{place}.parquet")
        pq.write_table(table, parts[-1])
    return snapshot_profile(
        parts,
        manifest_of(tables[0]),
        None if split is None else Split.model_validate(split),
        Memory(folder, MEMORY_BYTES),
    )


def column_of(folder: Path, values: Any) -> ColumnProfile:
    """Return the profile of one column beside a target."""
    column = values if isinstance(values, pa.Array) else pa.array(values)
    rows = pa.table({"late": [True] * len(column), "asked": column})
    return profile_of(folder, rows).columns[1]
