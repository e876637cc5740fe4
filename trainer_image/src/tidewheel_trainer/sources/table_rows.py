"""Write a table's rows with the types that it declares; what is nested becomes JSON text."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_trainer.sources.plain_json import json_text

__all__ = ["batch_rows", "landed_schema", "landed_type", "write_rows"]

_MOST_ROWS = 65_536
_MOST_CELLS = 2_000_000


def batch_rows(columns: int) -> int:
    """Return how many rows of so many columns are in memory at a time."""
    return max(1, min(_MOST_ROWS, _MOST_CELLS // max(1, columns)))


def landed_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns as they are landed."""
    return pa.schema([pa.field(field.name, landed_type(field.type)) for field in schema])


def landed_type(given: pa.DataType) -> pa.DataType:
    """Return the type of a column of flat values; nested ones and UUIDs become text."""
    if _is_nested(given) or _is_uuid(given) or pa.types.is_large_string(given):
        return pa.string()
    if pa.types.is_large_binary(given) or pa.types.is_fixed_size_binary(given):
        return pa.binary()
    return given


def write_rows(batches: Iterable[pa.RecordBatch], schema: pa.Schema, target: Path) -> None:
    """Write batches whose columns are those of `schema`, in its order, to a Parquet file."""
    landed = landed_schema(schema)
    with pq.ParquetWriter(target, landed, compression="zstd", compression_level=1) as writer:
        for batch in batches:
            size = batch_rows(batch.num_columns)
            for start in range(0, batch.num_rows, size):
                part = batch.slice(start, size)
                arrays = [
                    _as_landed(column, field.type)
                    for column, field in zip(part.columns, landed, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=landed))


def _as_landed(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if _is_nested(column.type):
        texts = [None if value is None else json_text(value) for value in column.to_pylist()]
        return pa.array(texts, wanted)
    if _is_uuid(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()])
    return column if column.type == wanted else column.cast(wanted)


def _is_nested(given: pa.DataType) -> bool:
    return bool(pa.types.is_nested(given))


def _is_uuid(given: pa.DataType) -> bool:
    return isinstance(given, pa.UuidType)
