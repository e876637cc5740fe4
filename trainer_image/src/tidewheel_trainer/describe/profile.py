"""Profile a snapshot from its parts, the same for the same snapshot, within bounded memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_contracts.artifact.snapshot_profile import (
    ColumnGroup,
    ColumnProfile,
    Period,
    PeriodRows,
    SnapshotProfile,
)
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.stored_rows import StoredRows, stored_rows, tables_of
from tidewheel_trainer.collect.part_writer import labelled
from tidewheel_trainer.describe.measuring import Measured, measured_columns
from tidewheel_trainer.describe.periods import rows_over_time
from tidewheel_trainer.describe.plain_columns import group_of, plain_column, plain_type_of
from tidewheel_trainer.describe.sampling import in_sample, learnable_rows, role_columns

__all__ = ["snapshot_profile"]

_MOST_COLUMNS = 512
# Columns that are read at once: so many numbers, or a few texts. DuckDB plans many slowly.
_WEIGHT_AT_ONCE = 16
_TEXT_WEIGHT = 4


def snapshot_profile(
    parts: Sequence[Path], manifest: SnapshotManifest, split: Split | None, memory: Memory
) -> SnapshotProfile:
    """Return the profile of a snapshot whose parts lie on disk, in their order.

    Of a very wide snapshot the first columns are profiled, and those that a model goes by.

    Raises:
        TrainerError: SourceUnreadable, when a part cannot be read.
    """
    stored = stored_rows(parts)
    roles = role_columns(manifest, split)
    sample = _sampled(stored, roles)
    learnable = learnable_rows(sample, manifest, split)
    columns: list[ColumnProfile] = []
    with duckdb_session(memory.scratch, memory.limit_bytes) as session:
        for names in _at_once(_profiled(stored, roles), stored):
            columns += _measured(session, stored, names, learnable)
        period, periods = _over_time(session, stored, manifest)
    return SnapshotProfile(
        rows=stored.rows,
        sample_rows=sample.num_rows,
        column_count=len(stored.schema),
        target=manifest.target,
        time=manifest.time,
        columns=tuple(columns),
        period=period,
        periods=periods,
    )


def _profiled(stored: StoredRows, roles: list[str]) -> list[str]:
    first = stored.schema.names[:_MOST_COLUMNS]
    wanted = {*first, *roles}
    return [name for name in stored.schema.names if name in wanted]


def _at_once(names: list[str], stored: StoredRows) -> Iterator[tuple[str, ...]]:
    """Yield the columns in groups that fit into memory."""
    group: list[str] = []
    weight = 0
    for name in names:
        is_text = group_of(stored.schema.field(name).type) is ColumnGroup.TEXT
        own = _TEXT_WEIGHT if is_text else 1
        if group and weight + own > _WEIGHT_AT_ONCE:
            yield tuple(group)
            group, weight = [], 0
        group.append(name)
        weight += own
    if group:
        yield tuple(group)


def _sampled(stored: StoredRows, names: list[str]) -> pa.Table:
    """Return the rows of the sample with these columns."""
    kept = [pa.schema([stored.schema.field(name) for name in names]).empty_table()]
    first = 0
    for table in tables_of(stored, names):
        mask = in_sample(first, table.num_rows, stored.rows)
        first += table.num_rows
        kept.append(table.filter(pa.array(mask)))
    return pa.concat_tables(kept)


def _measured(
    session: duckdb.DuckDBPyConnection,
    stored: StoredRows,
    names: tuple[str, ...],
    learnable: np.ndarray,
) -> tuple[ColumnProfile, ...]:
    types = tuple(stored.schema.field(name).type for name in names)
    schema = pa.schema([(f"c{place}", plain_type_of(kind)) for place, kind in enumerate(types)])

    def reading() -> Iterator[pa.Table]:
        for table in tables_of(stored, names):
            yield pa.table([plain_column(column) for column in table.columns], schema=schema)

    what = Measured(
        names=names,
        types=types,
        schema=schema,
        rows=stored.rows,
        in_sample=lambda first, count: in_sample(first, count, stored.rows),
        learnable=learnable,
    )
    return measured_columns(session, what, reading)


def _over_time(
    session: duckdb.DuckDBPyConnection, stored: StoredRows, manifest: SnapshotManifest
) -> tuple[Period | None, tuple[PeriodRows, ...]]:
    time, target = manifest.time, manifest.target
    if time is None:
        return None, ()
    schema = pa.schema([("moment", pa.timestamp("us")), ("labelled", pa.bool_())])

    def batches() -> Iterator[pa.RecordBatch]:
        for table in tables_of(stored, [time, target]):
            moments = table[time].cast(pa.timestamp("us"), safe=False)
            rows = pa.table([moments, labelled(table[target])], schema=schema)
            yield from rows.to_batches()

    return rows_over_time(session, batches(), schema)
