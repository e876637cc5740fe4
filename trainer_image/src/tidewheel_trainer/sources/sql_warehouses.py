"""Snowflake, BigQuery, Trino and Databricks through SQLAlchemy and their makers' drivers.

A driver is imported when its warehouse is asked. It connects by itself: the egress guard judges the
host first, and its hook every connection of Python code after that. Rows come as a stream and land
with types that fit all values of a column; see sql_values.py. Names are spelled as the warehouse
keeps them: Snowflake's are upper-case unless they were quoted.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.retrying import AwayError
from tidewheel_trainer.sources.sql_cursor import CursorValue
from tidewheel_trainer.sources.sql_values import cursor_value, write_values
from tidewheel_trainer.sources.sql_warehouse_address import PROFILES, Address, address_of

__all__ = ["Warehouse"]

_ROWS_AT_A_TIME = 4096
_TIME_TYPES = {"date": "DATE", "time": "TIMESTAMP", "zoned time": "TIMESTAMP"}
# Keys of the Secret that messages may repeat.
_NO_SECRETS = ("username", "ca.crt")
_PASSING_WORDS = ("timed out", "timeout", "connection refused", "reset by peer", "unavailable")
_LOGIN_WORDS = ("password", "credential", "authenticat", "authoriz", "permission", "privilege")


class Warehouse:
    """One connection; each question reads the state of its own moment."""

    def __init__(self, source: SqlSource, context: Context, address: Address | None = None) -> None:
        """Open nothing yet.

        Raises:
            TrainerError: SourceRefused, when the address lacks something or has too much.
        """
        self._source, self._context = source, context
        self._profile = PROFILES[source.dialect]
        self._address = address or address_of(source, context.credentials, context.scratch)
        self._connection: sqlalchemy.Connection | None = None

    def begin(self) -> None:
        """Connect, unless there is a connection."""
        if self._connection is None:
            with self._explained():
                engine = self._engine()
                self._context.guard.address_of(self._address.host, self._address.port)
                self._connection = engine.connect()

    def quoted(self, name: str) -> str:
        """Return a name as the warehouse quotes it."""
        quote = self._profile.quote
        return f"{quote}{name.replace(quote, quote * 2)}{quote}"

    def literal(self, value: CursorValue) -> str:
        """Return a value with its type: most warehouses compare no number with a text."""
        if value.kind == "number":
            return value.text
        text = value.text.replace("\\", "\\\\") if self._profile.has_escapes else value.text
        text = text.replace("'", "\\'" if self._profile.has_escapes else "''")
        is_typed = self._profile.has_typed_times and value.kind in _TIME_TYPES
        return f"{_TIME_TYPES[value.kind]} '{text}'" if is_typed else f"'{text}'"

    def newest(self, rows: str, column: str, condition: str) -> tuple[CursorValue | None, int]:
        """Return the cursor's highest value among rows, and how many have one."""
        name = self.quoted(column)
        query = f"SELECT max({name}), count({name}) FROM {rows} WHERE {condition}"  # noqa: S608
        with self._explained():
            row = self._asked(query).one()
        return (None, 0) if row[0] is None else (cursor_value(row[0], column), int(row[1]))

    def land(self, rows: str, condition: str, target: Path) -> None:
        """Write rows as they come, batch by batch."""
        self.begin()
        query = f"SELECT * FROM {rows} WHERE {condition}"  # noqa: S608  names are quoted
        with self._explained(), self._asked(query) as result:
            # SQLAlchemy's own names of columns are lower-case for some warehouses.
            names = [column[0] for column in result.cursor.description]
            refuse_unusable_names(names, self._source.table or "query")
            write_values(names, result.partitions(), target, self._context.scratch)

    def close(self) -> None:
        """Give back the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What a broken connection says at its end helps nobody.
            with suppress(SQLAlchemyError, OSError):
                connection.close()

    def _engine(self) -> sqlalchemy.Engine:
        address = self._address
        try:
            return sqlalchemy.create_engine(
                address.url,
                poolclass=sqlalchemy.NullPool,
                connect_args=dict(address.driver),
                **address.dialect,
            )
        except (NoSuchModuleError, ImportError) as error:
            extra = self._profile.extra
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"`source.sql.dialect` {self._source.dialect} needs a driver that this trainer "
                f"image does not have; build the image with `pip install tidewheel[{extra}]` "
                "and set it in the chart",
            ) from error

    def _asked(self, query: str) -> Any:  # noqa: ANN401  SQLAlchemy's versions name it differently
        if self._connection is None:
            raise AwayError("the connection was closed")
        # Without parameters a driver takes `%` and `:name` in a query for what they are.
        options = {"no_parameters": True, "stream_results": True, "yield_per": _ROWS_AT_A_TIME}
        return self._connection.exec_driver_sql(query, execution_options=options)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (TrainerError, AwayError):
            self.close()
            raise
        except Exception as error:
            # Drivers raise errors of their own, of the clients of HTTP below them, and of logins.
            self.close()
            forbidden = _own_fault(error)
            raise forbidden or self._fault(error) from None

    def _fault(self, error: Exception) -> AwayError | TrainerError:
        where = f"the {self._source.dialect} warehouse '{self._source.host}'"
        short = self._without_secrets(str(getattr(error, "orig", None) or error))
        lower = short.lower()
        is_cut = isinstance(error, DBAPIError) and error.connection_invalidated
        if isinstance(error, OSError) or is_cut or any(word in lower for word in _PASSING_WORDS):
            return AwayError(f"{where} does not answer ({short})")
        if any(word in lower for word in _LOGIN_WORDS):
            advice = f"check Secret '{self._source.secret_name}' and the user's right to read"
        else:
            advice = "correct `source.sql.database`, `options`, `table`, `query` or `cursor.column`"
        return TrainerError(FailureReason.SOURCE_REFUSED, f"{where} refuses ({short}); {advice}")

    def _without_secrets(self, text: str) -> str:
        login = self._context.credentials
        secrets = [value for key, value in login.items() if key not in _NO_SECRETS and value]
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text.partition("\n")[0][:200]


def _own_fault(error: BaseException) -> TrainerError | None:
    """Return what the egress guard said, which drivers wrap in errors of their own."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, TrainerError):
        seen = seen.__cause__ or seen.__context__
    return seen
