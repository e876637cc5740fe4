"""Rows in Parquet files: read in batches as one table, written in groups that only rows decide.

Memory holds one batch and one row group at a time, however wide the rows and however long their
texts are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = [
    "StoredRows",
    "has_one_schema",
    "plain_type",
    "stored_rows",
    "tables_of",
    "write_rows",
]

_ROWS_AT_A_TIME = 65_536
_CELLS_AT_A_TIME = 2_000_000
_BYTES_AT_A_TIME = 32 << 20
_ROWS_PER_GROUP = 65_536
# Read at a time from each column.
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Parquet files whose rows, in the files' order, are one table of this schema."""

    files: tuple[Path, ...]
    schema: pa.Schema
    rows: int


def plain_type(given: pa.DataType) -> pa.DataType:
    """Return the type by which values are worked on; how they are packed is no difference."""
    if pa.types.is_dictionary(given):
        return plain_type(given.value_type)
    if pa.types.is_large_string(given) or pa.types.is_string_view(given):
        return pa.string()
    return given


def stored_rows(files: Sequence[Path]) -> StoredRows:
    """Return what the files are as one table; their columns are the first file's.

    A column of nulls alone takes its type from another file, and whole numbers become decimal ones
    where another file has those.

    Raises:
        TrainerError: SourceUnreadable, ColumnMissing or ColumnTypeChanged.
    """
    fields: dict[str, pa.DataType] = {}
    rows = 0
    for file in files:
        with _opened(file) as parquet:
            rows += parquet.metadata.num_rows
            found = {field.name: plain_type(field.type) for field in parquet.schema_arrow}
        fields = fields or found
        for name, kind in fields.items():
            if name not in found:
                raise TrainerError(
                    FailureReason.COLUMN_MISSING,
                    f"a part of the rows lacks the column {name!r}; write it with that column",
                )
            fields[name] = _common_type(name, kind, found[name])
    return StoredRows(tuple(files), pa.schema(list(fields.items())), rows)


def has_one_schema(stored: StoredRows) -> bool:
    """Return whether each file by itself has the columns and types of the whole table."""
    for file in stored.files:
        with _opened(file) as parquet:
            found = [(field.name, plain_type(field.type)) for field in parquet.schema_arrow]
        if pa.schema(found) != stored.schema:
            return False
    return True


def tables_of(stored: StoredRows, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yield the rows in their order, in tables of a bounded size."""
    names = stored.schema.names if columns is None else list(columns)
    schema = pa.schema([stored.schema.field(name) for name in names])
    rows = max(1, min(_ROWS_AT_A_TIME, _CELLS_AT_A_TIME // max(1, len(names))))
    for file in stored.files:
        with _opened(file) as parquet:
            try:
                for batch in parquet.iter_batches(batch_size=rows, columns=names):
                    table = pa.Table.from_batches([batch]).select(names).cast(schema)
                    yield from _cut(table)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(error) from error


def write_rows(tables: Iterable[pa.Table], schema: pa.Schema, target: Path) -> int:
    """Write the rows to a Parquet file and return how many they are.

    The same rows give the same bytes, however they were cut into tables.
    """
    written = 0
    with pq.ParquetWriter(
        target, schema, version="2.6", compression="zstd", compression_level=1
    ) as writer:
        group: list[pa.Table] = []
        rows = size = 0
        for chunk in _chunks(tables, max(1, min(4096, _CELLS_AT_A_TIME // max(1, len(schema))))):
            group.append(chunk)
            rows += chunk.num_rows
            size += _content_bytes(chunk)
            if rows >= _ROWS_PER_GROUP or size >= _BYTES_AT_A_TIME:
                writer.write_table(_joined(group), row_group_size=rows)
                written += rows
                group, rows, size = [], 0, 0
        if rows:
            writer.write_table(_joined(group), row_group_size=rows)
    return written + rows


def _opened(file: Path) -> pq.ParquetFile:
    try:
        # By default pyarrow reads whole row groups, and many writers make one of a whole file.
        return pq.ParquetFile(file, pre_buffer=False, buffer_size=_READ_BYTES)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(error) from error


def _common_type(name: str, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    raise TrainerError(
        FailureReason.COLUMN_TYPE_CHANGED,
        f"column {name!r} is {one} in one part of the rows and {other} in another; write it in one "
        "type, or add a `cast` step before the steps of the whole data set",
    )


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    """Yield the rows of a table in pieces; those with long texts are few."""
    pieces = -(-table.nbytes // _BYTES_AT_A_TIME)
    rows = max(1, -(-table.num_rows // max(1, pieces)))
    for first in range(0, table.num_rows, rows):
        yield table.slice(first, rows)


def _chunks(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield tables of exactly that many rows; only the last is shorter."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        if count < rows:
            continue
        joined = pa.concat_tables(waiting)
        whole = count - count % rows
        for first in range(0, whole, rows):
            yield joined.slice(first, rows)
        waiting, count = [joined.slice(whole)], count - whole
    if count:
        yield pa.concat_tables(waiting)


def _joined(group: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(group).combine_chunks()


def _content_bytes(table: pa.Table) -> int:
    """Return about how much the values take; how Arrow holds them must not matter."""
    texts: int = 0
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            texts += pc.sum(pc.binary_length(column)).as_py() or 0
    fixed: int = 8 * table.num_rows * table.num_columns
    return texts + fixed


def _unreadable(error: Exception) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"rows that were read cannot be read again ({str(error)[:200]}); write them again at the "
        "source",
    )
