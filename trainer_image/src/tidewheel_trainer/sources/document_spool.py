"""Documents on their way to Parquet: on disk as they came, until all of their types are known."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import bson
import pyarrow.parquet as pq
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.documents import Columns, DocumentError, flattened, record_batch
from tidewheel_trainer.sources.table_rows import batch_rows

__all__ = ["PLAIN", "spool", "write_spooled"]

# Dates stay numbers: MongoDB's reach further than Python's.
PLAIN: CodecOptions[Mapping[str, object]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_MS,
    uuid_representation=UuidRepresentation.STANDARD,
)
_LENGTH_BYTES = 4
_BATCH_BYTES = 32 << 20


def spool(documents: Iterable[RawBSONDocument], file: Path) -> Columns:
    """Write documents to a file, and return their columns.

    Raises:
        DocumentError: one cannot become a row; the message begins with its `_id`.
        InvalidBSON: of bson, when one is not well-formed.
    """
    columns = Columns()
    with file.open("wb") as stream:
        for document in documents:
            stream.write(document.raw)
            plain = bson.decode(document.raw, PLAIN)
            try:
                columns.see(flattened(plain))
            except DocumentError as error:
                raise DocumentError(f"the document {plain.get('_id')!r} {error}") from error
    return columns


def write_spooled(file: Path, columns: Columns, target: Path, name: str) -> None:
    """Write the spooled documents to a Parquet file, a bounded number in memory.

    Raises:
        TrainerError: SourceUnreadable, when steps could not tell two columns apart.
    """
    schema = columns.schema
    refuse_unusable_names(schema.names, name)
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer:
        for rows in _batches(file, batch_rows(len(schema))):
            writer.write_batch(record_batch(rows, schema))


def _batches(file: Path, most_rows: int) -> Iterator[list[Mapping[str, object]]]:
    rows: list[Mapping[str, object]] = []
    size = 0
    for raw in _raw_documents(file):
        rows.append(flattened(bson.decode(raw, PLAIN)))
        size += len(raw)
        if len(rows) >= most_rows or size >= _BATCH_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _raw_documents(file: Path) -> Iterator[bytes]:
    """Yield each document's bytes; BSON begins with its length."""
    with file.open("rb") as stream:
        while head := stream.read(_LENGTH_BYTES):
            yield head + stream.read(int.from_bytes(head, "little") - _LENGTH_BYTES)
