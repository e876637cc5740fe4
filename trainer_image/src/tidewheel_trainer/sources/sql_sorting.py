"""Bring landed rows into an order that is always the same, whatever order the database gave."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_trainer.sources.guarded_duckdb import guarded_duckdb
from tidewheel_trainer.sources.table_rows import batch_rows
from tidewheel_trainer.sources.value_types import identifier

__all__ = ["write_sorted"]


def write_sorted(rows: Path, first: Sequence[str], target: Path, scratch: Path) -> None:
    """Write the rows by the columns `first` and then by all others; ties are equal rows."""
    schema = pq.read_schema(rows)
    order = ", ".join(identifier(name) for name in dict.fromkeys([*first, *schema.names]))
    size = batch_rows(len(schema))
    with (
        guarded_duckdb([rows], scratch) as connection,
        pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer,
    ):
        query = f"SELECT * FROM read_parquet(?) ORDER BY {order}"  # noqa: S608  names are quoted
        for batch in connection.sql(query, params=[str(rows)]).to_arrow_reader(size):
            arrays = [
                # Arrow casts nothing to its type of no values, not even no values.
                pa.nulls(batch.num_rows)
                if pa.types.is_null(field.type)
                else column.cast(field.type)
                for column, field in zip(batch.columns, schema, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
