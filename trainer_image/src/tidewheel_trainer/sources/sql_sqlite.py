"""SQLite: the database is a file, an object of the ArtifactStore's bucket.

The downloaded file is only read. What stands in a `-wal` or `-journal` file beside the original is
not in it: `PRAGMA wal_checkpoint(TRUNCATE)` before the upload brings it in.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.connector import Context, Look, Piece
from tidewheel_trainer.sources.sql import SqlConnector
from tidewheel_trainer.sources.sql_cursor import CursorValue, fingerprint_of
from tidewheel_trainer.sources.sql_sqlite_types import array_of, column_types
from tidewheel_trainer.sources.sql_text import literal
from tidewheel_trainer.sources.table_rows import batch_rows
from tidewheel_trainer.store import ObjectChangedError, ObjectMissingError, StoredObject

__all__ = ["SqliteConnector", "SqliteFile"]

_VERSION = "etag"
_HEADER = b"SQLite format 3\x00"
_MOST_ROWS = 8192
# One cell; SQLite itself would make cells of a gigabyte.
_LONGEST_BYTES = 16 << 20
_KINDS = {"integer": "number", "text": "text"}


class SqliteConnector:
    """An unchanged object costs one listing; a changed one is downloaded and asked."""

    is_repeatable = True
    has_documents = False
    notes: Sequence[str] = ()

    def __init__(self, source: SqlSource, context: Context) -> None:
        """Open nothing yet.

        Raises:
            TrainerError: SourceRefused, for a query of several statements.
        """
        self._source = source
        self._file = SqliteFile(source, context)
        self._rows = SqlConnector(source, context, self._file)

    def look(self, position: Mapping[str, str]) -> Look:
        """List the object, and look into it when a cursor is to be moved on."""
        found = self._file.listed()
        if self._source.cursor is None:
            piece = Piece(self._source.table or "query", found.etag, found.size_bytes)
            version = CursorValue(_VERSION, found.etag)
            return Look((piece,), fingerprint_of(self._source, version))
        if position.get(_VERSION) == found.etag:
            newest = CursorValue.of_json(position["cursor"])
            return Look((), fingerprint_of(self._source, newest), position, new_rows=0)
        self._file.take(found)
        look = self._rows.look(position)
        if not look.pieces:
            return look
        return replace(look, position={**look.position, _VERSION: found.etag})

    def land(self, piece: Piece, target: Path) -> None:
        """Write a piece's rows; without a cursor, of the version that was listed."""
        if self._source.cursor is None:
            key = self._source.key or ""
            self._file.take(StoredObject(key, piece.size_bytes, piece.mark))
        self._rows.land(piece, target)

    def close(self) -> None:
        """Close the file and remove it."""
        self._file.close()


class SqliteFile:
    """One version of the object, downloaded and open for reading."""

    def __init__(self, source: SqlSource, context: Context) -> None:
        """Open nothing yet."""
        self._source, self._context = source, context
        self._key = source.key or ""
        self._path = context.scratch / "source.sqlite"
        self._etag: str | None = None
        self._connection: sqlite3.Connection | None = None

    def listed(self) -> StoredObject:
        """Return what the bucket tells of the object.

        Raises:
            TrainerError: SourceUnavailable, when it is not there.
        """
        for found in self._context.store.list_objects(self._key):
            if found.key == self._key:
                return found
        raise self._gone("is not in the bucket; correct `source.sql.key`, or upload the file")

    def take(self, wanted: StoredObject) -> None:
        """Download a version and open it, unless it is open."""
        if self._connection is not None and self._etag == wanted.etag:
            return
        self.close()
        try:
            self._context.store.get_to_file(self._key, self._path, wanted.etag)
        except (ObjectChangedError, ObjectMissingError) as error:
            fate = "replaced" if isinstance(error, ObjectChangedError) else "removed"
            told = f"was {fate} while the source was read; the next attempt reads it anew"
            raise self._gone(told) from error
        with self._path.open("rb") as stream:
            if stream.read(len(_HEADER)) != _HEADER:
                raise TrainerError(
                    FailureReason.SOURCE_UNREADABLE,
                    f"object {self._key!r} is not an SQLite file; correct `source.sql.key`, or "
                    "upload the database's file",
                )
        # Nobody writes the file: no locks, and no search for a journal.
        address = f"file:{quote(str(self._path))}?mode=ro&immutable=1"
        with self._explained():
            self._connection = sqlite3.connect(address, uri=True)
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
        self._etag = wanted.etag

    def begin(self) -> None:
        """Take the version of now, unless one is open."""
        if self._connection is None:
            self.take(self.listed())

    def quoted(self, name: str) -> str:
        """Return a name between backticks: SQLite takes an unknown name in `"` for a text."""
        return "`" + name.replace("`", "``") + "`"

    def literal(self, value: CursorValue) -> str:
        """Return a value of the cursor; a number and a text are never equal in SQLite."""
        return str(int(value.text)) if value.kind == "number" else literal(value.text)

    def newest(self, rows: str, column: str, condition: str) -> tuple[CursorValue | None, int]:
        """Return the cursor's highest value among rows, and how many have one."""
        name = self.quoted(column)
        wanted = f"max({name}), count({name}), min(typeof({name})), max(typeof({name}))"
        where = f"{condition} AND {name} IS NOT NULL"
        with self._explained():
            query = f"SELECT {wanted} FROM {rows} WHERE {where}"  # noqa: S608  names are quoted
            value, count, first, last = self._open().execute(query).fetchone()
        if not count:
            return None, 0
        if first != last or first not in _KINDS:
            kinds = first if first == last else f"{first} and {last}"
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the cursor column {column!r} has values of the kind {kinds}, which cannot be "
                "gone on from exactly; name a column of whole numbers alone or of text alone",
            )
        return CursorValue(_KINDS[first], str(value)), int(count)

    def land(self, rows: str, condition: str, target: Path) -> None:
        """Write rows as they come, batch by batch, with types that all rows agree on."""
        self.begin()
        with self._explained():
            connection = self._open()
            schema = column_types(connection, rows, self.quoted)
            refuse_unusable_names(schema.names, self._source.table or "query")
            query = f"SELECT * FROM {rows} WHERE {condition}"  # noqa: S608  names are quoted
            cursor = connection.execute(query)
            size = min(_MOST_ROWS, batch_rows(len(schema)))
            with pq.ParquetWriter(target, schema, compression="zstd") as writer:
                while found := cursor.fetchmany(size):
                    columns = zip(zip(*found, strict=True), schema, strict=True)
                    arrays = [array_of(values, one.type) for values, one in columns]
                    writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        """Close the file and remove it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._path.unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise self._gone("was closed while the source was read; the next attempt reads it anew")
        return self._connection

    def _gone(self, what: str) -> TrainerError:
        return TrainerError(FailureReason.SOURCE_UNAVAILABLE, f"object {self._key!r} {what}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _fault(self._key, error) from error


def _fault(key: str, error: Exception) -> TrainerError:
    short = str(error)[:200]
    # An extended code has the plain one in its last byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR):
        return TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"object {key!r} is not a whole SQLite file ({short}); upload the database's file "
            "again, after it was closed",
        )
    if "decode to UTF-8" in short:
        return TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"the SQLite file {key!r} has a text that is not UTF-8 ({short}); mend the value, or "
            "cast the column to BLOB in `source.sql.query`",
        )
    return TrainerError(
        FailureReason.SOURCE_REFUSED,
        f"the SQLite file {key!r} refuses ({short}); correct `source.sql.table`, `query` or "
        "`cursor.column`",
    )
