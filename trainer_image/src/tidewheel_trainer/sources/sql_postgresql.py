"""PostgreSQL through ADBC: rows come as Arrow batches, by COPY.

numeric(p, s) up to 38 digits lands as an exact decimal, any other numeric as a double. Infinite
times are null. JSON and every type without one of Arrow's land as PostgreSQL writes them in text,
arrays too; bytes land as bytes.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_postgresql import StatementOptions, dbapi  # type: ignore[import-untyped]

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.sql_cursor import CursorValue
from tidewheel_trainer.sources.sql_text import literal, quoted_name

__all__ = ["PostgreSql"]

_PORT = 5432
_BATCH_BYTES = 4 * 1024 * 1024
_MOST_DIGITS = 38
_KEPT = frozenset(
    ("int2", "int4", "int8", "float4", "float8", "bool", "text", "varchar", "bpchar", "bytea")
) | {"date", "timestamp", "timestamptz", "time"}
_KINDS = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric"), "number"),
    **dict.fromkeys(("text", "character varying", "character"), "text"),
    "date": "date",
    "timestamp without time zone": "time",
    "timestamp with time zone": "zoned time",
}
# The server stops, starts, is full, or a standby must go on.
_PASSING = ("08", "57P", "53", "40")
_PASSING_WORDS = (
    *("Connection refused", "timeout", "timed out", "reset", "No route", "unreachable"),
    *("starting up", "shutting down", "terminating connection", "too many"),
    # Over TLS an end of the connection is told in OpenSSL's words.
    *("closed the connection", "has been closed", "SYSCALL", "unexpected eof", "no connection"),
)


class PostgreSql:
    """One connection, in one transaction that reads one state of the database."""

    def __init__(self, source: SqlSource, context: Context) -> None:
        """Open nothing yet."""
        self._source = source
        self._context = context
        self._connection: dbapi.Connection | None = None

    def begin(self) -> None:
        """Begin to read the state of now."""
        with self._explained():
            if self._connection is None:
                self._connection = dbapi.connect(_address(self._source, self._context))
            self._connection.rollback()
            with self._connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO'"):
                    cursor.execute(f"SET LOCAL {setting}")
                cursor.execute("SET LOCAL standard_conforming_strings = on")

    def quoted(self, name: str) -> str:
        """Return a name as the database quotes it."""
        return quoted_name(name)

    def literal(self, value: CursorValue) -> str:
        """Return a value as text, which the database reads as the column's type."""
        return literal(value.text)

    def newest(self, rows: str, column: str, condition: str) -> tuple[CursorValue | None, int]:
        """Return the cursor's highest value among rows, and how many have one."""
        name = quoted_name(column)
        wanted = f"max({name})::text, pg_typeof(max({name}))::text, count({name})"
        with self._explained(), self._cursor() as cursor:
            cursor.execute(f"SELECT {wanted} FROM {rows} WHERE {condition}")  # noqa: S608
            value, kind, count = cursor.fetchone() or (None, "", 0)
        if value is None:
            return None, 0
        if kind not in _KINDS or str(value).lower() in ("nan", "infinity"):
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the cursor column {column!r} is of the type {kind} and its highest value is "
                f"{str(value)[:60]!r}: nothing comes after that in order; name a column of whole "
                "or decimal numbers, times or text",
            )
        return CursorValue(_KINDS[kind], str(value)), int(count)

    def land(self, rows: str, condition: str, target: Path) -> None:
        """Write rows as they come, batch by batch."""
        if self._connection is None:
            self.begin()
        name = self._source.table or "query"
        with self._explained(), self._cursor() as cursor:
            cursor.execute(f"SELECT * FROM {rows} WHERE false")  # noqa: S608
            fields = list(cursor.fetch_record_batch().schema)
            refuse_unusable_names([field.name for field in fields], name)
            wanted = ", ".join(_selected(field) for field in fields)
            schema = pa.schema([pa.field(field.name, _landed(field)) for field in fields])
            cursor.execute(f"SELECT {wanted} FROM {rows} WHERE {condition}")  # noqa: S608
            with pq.ParquetWriter(target, schema, compression="zstd") as writer:
                for batch in cursor.fetch_record_batch():
                    arrays = [
                        _plain(column).cast(field.type)
                        for column, field in zip(batch.columns, schema, strict=True)
                    ]
                    writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        """Give back the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What a broken connection says at its end helps nobody.
            with suppress(dbapi.Error):
                connection.close()

    def _cursor(self) -> dbapi.Cursor:
        if self._connection is None:
            raise AwayError("the connection was closed")
        option = StatementOptions.BATCH_SIZE_HINT_BYTES.value
        return self._connection.cursor(adbc_stmt_kwargs={option: str(_BATCH_BYTES)})

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (dbapi.Error, pa.ArrowException, OSError) as error:
            fault = _fault(self._source, error)
            if isinstance(fault, AwayError):
                self.close()
            raise fault from error


def _address(source: SqlSource, context: Context) -> str:
    host, port = source.host or "", source.port or _PORT
    for key in ("username", "password"):
        if not context.credentials.get(key):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"Secret '{source.secret_name}' must have the key {key!r}",
            )
    parts = {
        "host": host,
        "hostaddr": context.guard.address_of(host, port),
        "port": str(port),
        "user": context.credentials["username"],
        "password": context.credentials["password"],
        "dbname": source.database or context.credentials["username"],
        "connect_timeout": "10",
        "tcp_user_timeout": "120000",
        "gssencmode": "disable",
        "application_name": "tidewheel",
        **_tls(source.tls, context),
    }
    return " ".join(f"{key}='{_escaped(value)}'" for key, value in parts.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _tls(tls: Tls, context: Context) -> Mapping[str, str]:
    if tls is Tls.DISABLED:
        return {"sslmode": "disable"}
    # Without this a certificate in the home folder would be asked for, and verified against.
    if tls is Tls.ENCRYPTED:
        return {"sslmode": "require", "sslrootcert": str(context.scratch / "none")}
    authority = context.credentials.get("ca.crt")
    file = ssl.get_default_verify_paths().cafile
    if authority is not None:
        written = context.scratch / "postgresql-ca.crt"
        written.write_text(authority, encoding="utf-8")
        file = str(written)
    return {"sslmode": "verify-full", "sslrootcert": file or "system"}


def _type_of(field: pa.Field) -> str:
    told: bytes = (field.metadata or {}).get(b"POSTGRESQL:type", b"")
    return told.decode()


def _selected(field: pa.Field) -> str:
    name, kind = quoted_name(field.name), _type_of(field)
    if kind in ("date", "timestamp", "timestamptz"):
        return f"CASE WHEN isfinite({name}) THEN {name} END AS {name}"
    return name if kind in _KEPT else f"{name}::text AS {name}"


def _landed(field: pa.Field) -> pa.DataType:
    kind = _type_of(field)
    if kind != "numeric":
        return field.type if kind in _KEPT else pa.string()
    modifier = int(field.metadata.get(b"POSTGRESQL:typmod", b"-1")) - 4
    digits, scale = modifier >> 16 & 0xFFFF, modifier & 0x7FF
    # From 1024 on a scale stands for one below zero.
    if modifier < 0 or digits > _MOST_DIGITS or scale > digits:
        return pa.float64()
    return pa.decimal128(digits, scale)


def _plain(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _fault(source: SqlSource, error: Exception) -> AwayError | TrainerError:
    where = f"the PostgreSQL server '{source.host}:{source.port or _PORT}'"
    text = str(error)
    state = getattr(error, "sqlstate", None) or text.partition("SQLSTATE: ")[2][:5]
    words = text.partition(" failed: ")[2] or text.partition("ERROR:  ")[2] or text
    short = words.partition("Query was")[0].partition("\n")[0][:200]
    passing = any(word in text for word in _PASSING_WORDS)
    if state.startswith(_PASSING) or (not state and passing):
        return AwayError(f"{where} does not answer ({short})")
    if "SSL" in text or "certificate" in text:
        advice = "correct `source.sql.host`, `tls`, or 'ca.crt' in the Secret"
    elif state.startswith("28") or "authentication" in text or state == "42501":
        advice = f"check Secret '{source.secret_name}' and the user's right to read"
    elif isinstance(error, pa.ArrowInvalid):
        return TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"{where} has a value that its column's type cannot hold ({short}); cast the column in "
            "`source.sql.query`",
        )
    else:
        advice = "correct `source.sql.database`, `table`, `query` or `cursor.column`"
    return TrainerError(FailureReason.SOURCE_REFUSED, f"{where} refuses ({short}); {advice}")
