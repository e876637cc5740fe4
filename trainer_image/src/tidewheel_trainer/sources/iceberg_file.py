"""The rows of one data file of an Iceberg table, a bounded number in memory.

pyiceberg's own reading runs ahead by millions of rows, which wide tables have no memory for; what
it knows of columns, ids and deleted rows is used here, by functions that are not public. The lock
pins its version.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    _get_column_projection_values,
    _to_requested_schema,
    pyarrow_to_schema,
)
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema, prune_columns
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import ListType, MapType

from tidewheel_trainer.sources.table_rows import batch_rows

__all__ = ["file_batches"]


def file_batches(
    path: Path,
    file: DataFile,
    metadata: TableMetadata,
    wanted: Schema,
    deleted: Sequence[pa.ChunkedArray],
) -> Iterator[pa.RecordBatch]:
    """Yield a file's rows, in their order, with the columns of a snapshot.

    Args:
        path: the Parquet file.
        file: what the manifest says of it.
        metadata: the table's.
        wanted: the snapshot's columns; fields are the same when their ids are, whatever their name.
        deleted: positions of rows that are gone.
    """
    has_coarse_times = metadata.format_version <= 2
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as parquet:
        found = pyarrow_to_schema(
            parquet.schema_arrow,
            metadata.name_mapping(),
            downcast_ns_timestamp_to_us=has_coarse_times,
            format_version=metadata.format_version,
        )
        spec = metadata.specs().get(file.spec_id)
        fixed = _get_column_projection_values(
            file, wanted, metadata.schema(), spec, found.field_ids
        )
        present = prune_columns(found, _leaf_ids(wanted), select_full_types=False)
        names = [column.name for column in present.columns]
        gone = [chunk for positions in deleted for chunk in positions.chunks]
        start = 0
        for batch in parquet.iter_batches(batch_size=batch_rows(len(found.columns))):
            kept = batch if not gone else batch.filter(_kept(gone, start, batch.num_rows))
            start += batch.num_rows
            if kept.num_rows:
                yield _to_requested_schema(
                    wanted,
                    present,
                    kept.select(names),
                    downcast_ns_timestamp_to_us=has_coarse_times,
                    projected_missing_fields=fixed,
                    allow_timestamp_tz_mismatch=True,
                )


def _leaf_ids(schema: Schema) -> set[int]:
    """Return the ids of all fields but those that only hold others."""
    return {
        number
        for number in schema.field_ids
        if not isinstance(schema.find_type(number), MapType | ListType)
    }


def _kept(gone: Sequence[pa.Array], start: int, rows: int) -> pa.Array:
    places = pa.array(range(start, start + rows), pa.int64())
    deleted = pa.chunked_array(gone, pa.int64())
    return pc.invert(pc.is_in(places, value_set=deleted))
