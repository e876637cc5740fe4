"""Write rows as Parquet parts whose bytes depend on nothing but the rows.

Row groups and parts have a fixed number of rows however the source was cut; the writer's options
are fixed; pandas' metadata is left out. pyarrow's own version is in the file, and the lock pins it.
Memory holds a few of our row groups, never a whole part.
"""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidewheel_contracts.artifact.snapshot import SnapshotPart
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer import times
from tidewheel_trainer.collect.columns import Roles
from tidewheel_trainer.failure import TrainerError

__all__ = ["labelled", "read_schema", "write_parts"]

_ROWS_PER_GROUP = 65_536
# Of a very wide table fewer rows are held: so many values, in a number of rows that depends on the
# number of columns alone.
_VALUES_PER_GROUP = 8_388_608
_FEWEST_ROWS_PER_GROUP = 256
_GROUPS_PER_PART = 16
# Read at a time from each column.
_READ_BYTES = 1 << 20


def read_schema(source: Path, name: str) -> pa.Schema:
    """Return the columns of a Parquet file.

    Raises:
        TrainerError: SourceUnreadable.
    """
    try:
        return pq.read_schema(source)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error


def write_parts(
    source: Path, folder: Path, schema: pa.Schema, roles: Roles, name: str
) -> tuple[SnapshotPart, ...]:
    """Write the columns of `schema` of the rows in `source` to files `<sha256>.parquet`.

    Args:
        source: a Parquet file.
        folder: where the files are written.
        schema: columns and types of the parts.
        roles: which columns tell labels and times.
        name: of what was read, for messages.

    Raises:
        TrainerError: SourceUnreadable.
    """
    groups = _row_groups(source, schema, name)
    parts = []
    # Of each part the first group is there before its file is begun: no part is without a row.
    for first in groups:
        tables = itertools.chain([first], itertools.islice(groups, _GROUPS_PER_PART - 1))
        parts.append(_write_part(tables, folder, schema, roles))
    return tuple(parts)


def _write_part(
    tables: Iterator[pa.Table], folder: Path, schema: pa.Schema, roles: Roles
) -> SnapshotPart:
    rows = labelled_rows = 0
    latest: int | None = None
    unnamed = folder / "part"
    with pq.ParquetWriter(
        unnamed, schema, version="2.6", compression="zstd", compression_level=3
    ) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=table.num_rows)
            rows += table.num_rows
            if roles.target is not None:
                labelled_rows += pc.sum(labelled(table[roles.target])).as_py() or 0
            if roles.time is not None:
                latest = max(_known(latest, _latest(table[roles.time])), default=None)
    part = SnapshotPart(
        sha256=_sha256(unnamed),
        size_bytes=unnamed.stat().st_size,
        rows=rows,
        labelled_rows=labelled_rows,
        latest_time=None if latest is None else times.iso_text(latest),
    )
    unnamed.rename(folder / f"{part.sha256}.parquet")
    return part


def labelled(target: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a boolean array: true where the target has a value; NaN is none."""
    return pc.invert(pc.is_null(target, nan_is_null=True))


def _row_groups(source: Path, schema: pa.Schema, name: str) -> Iterator[pa.Table]:
    """Yield tables of as many rows as a group has, the last one shorter."""
    wanted = _rows_per_group(len(schema))
    waiting: list[pa.Table] = []
    count = 0
    try:
        # By default pyarrow reads whole row groups, and many writers make one of a whole file.
        with pq.ParquetFile(source, pre_buffer=False, buffer_size=_READ_BYTES) as file:
            for batch in file.iter_batches(batch_size=wanted, columns=schema.names):
                waiting.append(_conformed(batch, schema))
                count += batch.num_rows
                while count >= wanted:
                    joined = pa.concat_tables(waiting)
                    yield joined.slice(0, wanted).combine_chunks()
                    waiting = [joined.slice(wanted)]
                    count -= wanted
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _rows_per_group(columns: int) -> int:
    fitting = _VALUES_PER_GROUP // max(1, columns)
    return max(_FEWEST_ROWS_PER_GROUP, min(_ROWS_PER_GROUP, fitting))


def _conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    table = pa.Table.from_batches([batch]).select(schema.names)
    # Unsafe only in that finer times than microseconds lose their last digits.
    return table.cast(schema, safe=False)


def _latest(column: pa.ChunkedArray) -> int | None:
    """Return the highest time in microseconds since 1970, or None without any."""
    highest = pc.max(column)
    if not highest.is_valid:
        return None
    moment: int = highest.cast(pa.timestamp("us")).cast(pa.int64()).as_py()
    return moment


def _known(*moments: int | None) -> Iterator[int]:
    return (moment for moment in moments if moment is not None)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unreadable(name: str, error: Exception) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{name!r} is not a readable Parquet file ({str(error)[:200]}); remove it from the source "
        "or write it again",
    )
