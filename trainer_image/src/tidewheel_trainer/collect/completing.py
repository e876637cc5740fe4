"""Give documents the fields that earlier documents had: a field that is absent is a null."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["completed"]

_ROWS_AT_ONCE = 16_384


def completed(file: Path, known: Sequence[str]) -> tuple[str, ...]:
    """Add columns of nulls for known names that the file lacks; return all names.

    Args:
        file: a Parquet file, which is replaced if it lacks a column.
        known: names that rows of the source have had, in the order in which they first came.
    """
    names = pq.read_schema(file).names
    missing = [name for name in known if name not in names]
    if missing:
        _rewrite(file, missing)
    return (*known, *(name for name in names if name not in known))


def _rewrite(file: Path, missing: Sequence[str]) -> None:
    whole = file.with_suffix(".whole")
    with pq.ParquetFile(file) as source:
        schema = source.schema_arrow
        for name in missing:
            schema = schema.append(pa.field(name, pa.null()))
        with pq.ParquetWriter(whole, schema) as writer:
            for batch in source.iter_batches(batch_size=_ROWS_AT_ONCE):
                nulls = [pa.nulls(batch.num_rows) for _ in missing]
                writer.write_batch(pa.record_batch([*batch.columns, *nulls], schema=schema))
    whole.rename(file)
