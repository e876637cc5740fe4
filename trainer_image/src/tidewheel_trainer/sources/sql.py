"""Tables and queries of databases that are asked in SQL."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tidewheel_contracts.api.v1alpha1.source_databases import SqlDialect, SqlSource
from tidewheel_trainer.sources.connector import Connector, Context, Look, Piece
from tidewheel_trainer.sources.retrying import with_retries
from tidewheel_trainer.sources.sql_cursor import (
    CursorRange,
    CursorValue,
    fingerprint_of,
    refuse_other_kind,
)
from tidewheel_trainer.sources.sql_sorting import write_sorted
from tidewheel_trainer.sources.sql_text import rows_of

__all__ = ["Database", "SqlConnector", "open_sql"]

_AFTER = "cursor"


class Database(Protocol):
    """One connection to a database; AwayError from it means to ask again."""

    def begin(self) -> None:
        """Begin to read the state of now."""
        ...

    def quoted(self, name: str) -> str:
        """Return a name as the database quotes it."""
        ...

    def literal(self, value: CursorValue) -> str:
        """Return a value of the cursor as the database writes it in a condition."""
        ...

    def newest(self, rows: str, column: str, condition: str) -> tuple[CursorValue | None, int]:
        """Return the cursor's highest value among rows, and how many have one."""
        ...

    def land(self, rows: str, condition: str, target: Path) -> None:
        """Write rows as they come, batch by batch."""
        ...

    def close(self) -> None:
        """Give back the connection."""
        ...


def open_sql(source: SqlSource, context: Context) -> Connector:
    """Return the connector of a database; a driver is imported only for the one that needs it.

    Raises:
        TrainerError: SourceRefused, for a query of several statements or an address that is not
            whole.
    """
    if source.dialect is SqlDialect.POSTGRESQL:
        from tidewheel_trainer.sources.sql_postgresql import PostgreSql

        return SqlConnector(source, context, PostgreSql(source, context))
    if source.dialect is SqlDialect.MYSQL:
        from tidewheel_trainer.sources.sql_mysql import MySql

        return SqlConnector(source, context, MySql(source, context))
    if source.dialect is SqlDialect.SQLITE:
        from tidewheel_trainer.sources.sql_sqlite import SqliteConnector

        return SqliteConnector(source, context)
    from tidewheel_trainer.sources.sql_warehouses import Warehouse

    return SqlConnector(source, context, Warehouse(source, context))


class SqlConnector:
    """With a cursor each piece is the rows after the last; without one, all of them.

    Rows that have no value in the cursor column are never read. Look and land read one state of
    the database, unless the connection breaks between them.
    """

    is_repeatable = True
    has_documents = False
    notes: Sequence[str] = ()

    def __init__(self, source: SqlSource, context: Context, database: Database) -> None:
        """Open nothing yet."""
        self._source = source
        self._context = context
        self._database = database
        self._rows = rows_of(source, database.quoted)

    def look(self, position: Mapping[str, str]) -> Look:
        """Look at the highest value of the cursor; without a cursor only reading tells."""
        return with_retries(lambda: self._look(position))

    def land(self, piece: Piece, target: Path) -> None:
        """Write a piece's rows by the cursor and all columns; begin anew when cut off."""
        condition, first = "1 = 1", []
        if self._source.cursor is not None:
            new = CursorRange.of_json(piece.mark)
            name = self._database.quoted(self._source.cursor.column)
            up_to = self._database.literal(new.up_to)
            condition = f"{self._after(new.after)} AND {name} <= {up_to}"
            first = [self._source.cursor.column]
        with TemporaryDirectory(dir=self._context.scratch) as folder:
            rows = Path(folder) / "rows.parquet"
            with_retries(lambda: self._database.land(self._rows, condition, rows))
            write_sorted(rows, first, target, self._context.scratch)

    def close(self) -> None:
        """Give back the connection."""
        self._database.close()

    def _look(self, position: Mapping[str, str]) -> Look:
        self._database.begin()
        if self._source.cursor is None:
            # Another mark at each look: the rows are always read.
            return Look((Piece(self._source.table or "query", secrets.token_hex(8)),), None)
        column = self._source.cursor.column
        before = CursorValue.of_json(position[_AFTER]) if _AFTER in position else None
        if before is not None:
            highest, _ = self._database.newest(self._rows, column, "1 = 1")
            if highest is not None:
                refuse_other_kind(column, before, highest)
        newest, count = self._database.newest(self._rows, column, self._after(before))
        if newest is None:
            return Look((), fingerprint_of(self._source, before), position, new_rows=0)
        start = before.text[:60] if before else "the start"
        key = f"{column} after {start} up to {newest.text[:60]}"
        piece = Piece(key, CursorRange(before, newest).to_json())
        after = {_AFTER: newest.to_json()}
        return Look((piece,), fingerprint_of(self._source, newest), after, new_rows=count)

    def _after(self, value: CursorValue | None) -> str:
        if self._source.cursor is None or value is None:
            return "1 = 1"
        name = self._database.quoted(self._source.cursor.column)
        return f"{name} > {self._database.literal(value)}"
