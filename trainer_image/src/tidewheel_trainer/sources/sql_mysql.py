"""MySQL and MariaDB through pymysql: rows come over an unbuffered cursor, as text that Arrow reads.

Whole numbers land as int64 (BIGINT UNSIGNED as a decimal), so BOOLEAN as 0 and 1. Zero dates are
null, TIMESTAMP is UTC, TIME and JSON are text. The session has the modes ANSI_QUOTES and
NO_BACKSLASH_ESCAPES: in a query `'...'` is text and `"..."` a name.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pymysql  # type: ignore[import-untyped,unused-ignore]
from pymysql.constants import FIELD_TYPE  # type: ignore[import-untyped]
from pymysql.converters import encoders  # type: ignore[import-untyped]
from pymysql.cursors import SSCursor  # type: ignore[import-untyped]

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.sql_cursor import CursorValue
from tidewheel_trainer.sources.sql_text import literal, quoted_name
from tidewheel_trainer.sources.table_rows import batch_rows

__all__ = ["MySql"]

_PORT, _UNSIGNED, _BINARY = 3306, 32, 63
_WHOLE = {FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.YEAR}
_DECIMAL = {FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL}
_TIMES = {FIELD_TYPE.DATE: "date", FIELD_TYPE.DATETIME: "time", FIELD_TYPE.TIMESTAMP: "zoned time"}
_TEXT = {FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING, FIELD_TYPE.VARCHAR, FIELD_TYPE.BLOB}
_PASSING = {2003, 2006, 2013, 1040, 1053, 1205, 1213, 1317, 1927}
_REFUSED = {1044, 1045, 1142, 1143, 1227, 1698}


class MySql:
    """One connection, in one transaction that reads one state of the database."""

    def __init__(self, source: SqlSource, context: Context) -> None:
        """Open nothing yet."""
        self._source, self._context = source, context
        self._connection: Any = None

    def begin(self) -> None:
        """Begin to read the state of now."""
        with self._explained():
            if self._connection is None:
                self._connection = _connected(self._source, self._context)
            with self._connection.cursor() as cursor:
                modes = "CONCAT(@@sql_mode, ',ANSI_QUOTES,NO_BACKSLASH_ESCAPES')"
                cursor.execute(f"SET SESSION sql_mode = {modes}, time_zone = '+00:00'")
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def quoted(self, name: str) -> str:
        """Return a name as the database quotes it."""
        return quoted_name(name)

    def literal(self, value: CursorValue) -> str:
        """Return a value as text, which the database reads as the column's type."""
        return literal(value.text)

    def newest(self, rows: str, column: str, condition: str) -> tuple[CursorValue | None, int]:
        """Return the cursor's highest value among rows, and how many have one."""
        name = quoted_name(column)
        with self._explained(), self._connection.cursor() as cursor:
            wanted = f"max({name}), count({name})"
            cursor.execute(f"SELECT {wanted} FROM {rows} WHERE {condition}")  # noqa: S608
            field = cursor._result.fields[0]  # tells text from bytes
            ((value, count),) = cursor.fetchall()
        if value is None:
            return None, 0
        kind = _TIMES.get(field.type_code)
        if field.type_code in _WHOLE | _DECIMAL | {FIELD_TYPE.LONGLONG}:
            kind = "number"
        elif field.type_code in _TEXT and field.charsetnr != _BINARY:
            kind = "text"
        if kind is None:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the cursor column {column!r} has no values that can be gone on from exactly; "
                "name a column of whole or decimal numbers, times or text",
            )
        return CursorValue(kind, str(value)), int(count)

    def land(self, rows: str, condition: str, target: Path) -> None:
        """Write rows as they come, batch by batch."""
        if self._connection is None:
            self.begin()
        with self._explained(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT * FROM {rows} WHERE {condition}")  # noqa: S608
            fields = cursor._result.fields  # the description lacks UNSIGNED
            refuse_unusable_names([one.name for one in fields], self._source.table or "query")
            schema = pa.schema([(one.name, _landed(one)) for one in fields])
            with pq.ParquetWriter(target, schema, compression="zstd") as writer:
                while found := cursor.fetchmany(batch_rows(len(schema))):
                    columns = zip(zip(*found, strict=True), schema, strict=True)
                    arrays = [_array(values, one.type) for values, one in columns]
                    writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))

    def close(self) -> None:
        """Give back the connection."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.open:
            connection._force_close()  # close() waits for rows that are under way

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (pymysql.MySQLError, OSError, pa.ArrowException, UnicodeDecodeError) as error:
            self.close()
            raise _fault(self._source, error) from error


def _connected(source: SqlSource, context: Context) -> Any:  # noqa: ANN401  pymysql's connection
    host, port, login = source.host or "", source.port or _PORT, context.credentials
    for key in ("username", "password"):
        if not login.get(key):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"Secret '{source.secret_name}' must have the key {key!r}",
            )
    secured: dict[str, Any] = {"ssl_disabled": True}
    if source.tls is not Tls.DISABLED:
        trust = ssl.create_default_context(cadata=login.get("ca.crt"))
        if source.tls is Tls.ENCRYPTED:
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        secured = {"ssl": trust}
    connection = pymysql.connect(
        host=host,
        port=port,
        user=login["username"],
        password=login["password"],
        database=source.database,
        charset="utf8mb4",
        conv=encoders,  # and no decoders: Arrow reads the text
        read_timeout=120,
        defer_connect=True,
        **secured,
    )
    # The certificate is proven for the host, the connection made to the judged address.
    connection.connect(socket.create_connection((context.guard.address_of(host, port), port), 10))
    return connection


def _landed(field: Any) -> pa.DataType:  # noqa: ANN401  pymysql's field
    kind = field.type_code
    if kind in _WHOLE or (kind == FIELD_TYPE.LONGLONG and not field.flags & _UNSIGNED):
        return pa.int64()
    if kind == FIELD_TYPE.LONGLONG:
        return pa.decimal128(20, 0)
    if kind in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
        return pa.float64()
    if kind in _DECIMAL:
        digits = field.length - (field.scale > 0) - (not field.flags & _UNSIGNED)
        return pa.decimal128(digits, field.scale) if digits <= 38 else pa.float64()
    if kind in _TIMES:
        zoned = pa.timestamp("us", tz="UTC" if kind == FIELD_TYPE.TIMESTAMP else None)
        return pa.date32() if kind == FIELD_TYPE.DATE else zoned
    is_bytes = field.charsetnr == _BINARY and kind not in (FIELD_TYPE.TIME, FIELD_TYPE.JSON)
    return pa.binary() if is_bytes or kind == FIELD_TYPE.BIT else pa.string()


def _array(values: tuple[Any, ...], wanted: pa.DataType) -> pa.Array:
    if pa.types.is_date(wanted) or pa.types.is_timestamp(wanted):
        texts = [None if v is None or "-00" in v or v[:4] == "0000" else v for v in values]
        if pa.types.is_timestamp(wanted) and wanted.tz:
            return pa.array(texts, pa.string()).cast(pa.timestamp("us")).cast(wanted)
        return pa.array(texts, pa.string()).cast(wanted)
    is_plain = pa.types.is_binary(wanted) or pa.types.is_string(wanted)
    return pa.array(values, wanted) if is_plain else pa.array(values, pa.string()).cast(wanted)


def _fault(source: SqlSource, error: Exception) -> AwayError | TrainerError:
    where = f"the MySQL server '{source.host}:{source.port or _PORT}'"
    code = error.args[0] if error.args else None
    short = str(error.args[-1] if error.args else error)[:200]
    if isinstance(error, ssl.SSLError) or code == 2026 or "certificate" in short.lower():
        advice = "correct `source.sql.host`, `tls`, or 'ca.crt' in the Secret"
    elif (
        isinstance(error, OSError) or code in _PASSING or isinstance(error, pymysql.InterfaceError)
    ):
        return AwayError(f"{where} does not answer ({short})")
    elif code in _REFUSED:
        advice = f"check Secret '{source.secret_name}' and the user's right to read"
    else:
        advice = "correct `source.sql.database`, `table`, `query` or `cursor.column`"
    return TrainerError(FailureReason.SOURCE_REFUSED, f"{where} refuses ({short}); {advice}")
