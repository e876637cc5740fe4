"""The rows of one data file of a Delta Lake table, a bounded number in memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_trainer.sources.table_rows import batch_rows

__all__ = ["file_batches"]


def file_batches(
    file: Path,
    schema: pa.Schema,
    names: dict[str, str],
    fixed: dict[str, pa.Scalar],
    kept: pa.Array | None,
) -> Iterator[pa.RecordBatch]:
    """Yield a file's rows, in their order, with the columns of the table.

    Args:
        file: the Parquet file.
        schema: the table's columns; those that the file lacks have no value.
        names: what each of them is called in files.
        fixed: values of the partition that the file is of, by column; they are not in the file.
        kept: which rows are not deleted; those after its end are not. None keeps all.
    """
    # Times of Spark's older type cover more years than nanoseconds can.
    with pq.ParquetFile(
        file, pre_buffer=False, buffer_size=1 << 20, coerce_int96_timestamp_unit="us"
    ) as parquet:
        start = 0
        for batch in parquet.iter_batches(batch_size=batch_rows(len(schema))):
            rows = batch.num_rows
            arrays = [
                _column(batch, names[field.name], field.type, fixed.get(field.name))
                for field in schema
            ]
            whole = pa.RecordBatch.from_arrays(arrays, schema=schema)
            yield whole if kept is None else whole.filter(_mask(kept, start, rows))
            start += rows


def _column(
    batch: pa.RecordBatch, name: str, wanted: pa.DataType, fixed: pa.Scalar | None
) -> pa.Array:
    if fixed is not None:
        return pa.repeat(fixed, batch.num_rows)
    if name not in batch.schema.names:
        return pa.nulls(batch.num_rows, wanted)
    column = batch.column(name)
    return column if column.type == wanted else column.cast(wanted)


def _mask(kept: pa.Array, start: int, rows: int) -> pa.Array:
    """Return which of the next rows stay; rows after the vector's end all do."""
    given = kept.slice(start, rows)
    more = rows - len(given)
    return pa.concat_arrays([given, pa.repeat(pa.scalar(True), more)]) if more else given
