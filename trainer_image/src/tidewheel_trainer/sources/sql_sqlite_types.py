"""Types for the columns of SQLite, whose values each have a kind of their own.

    whole numbers                            int64; double, where the column is declared NUMERIC or
                                             DECIMAL, or has decimal ones too
    decimal numbers                          double
    text                                     text
    ISO dates or times that are declared     date, timestamp, or timestamp in UTC where each has a
    DATE, DATETIME or TIMESTAMP              zone
    bytes                                    binary
    several kinds                            text; bytes among others as base64
    no value                                 what the column is declared as; null for times and
                                             columns without a declared type

Whole numbers beside decimal ones that a double would round make their column text.
"""

import base64
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime

import pyarrow as pa

__all__ = ["array_of", "column_types"]

_INT, _LARGE_INT, _REAL, _TEXT, _BLOB = (1 << bit for bit in range(5))
_DAY, _LOCAL, _ZONED, _OTHER = range(4)
# The highest number up to which a double holds every whole one.
_EXACT = 2**53
# SQLite returns at most 2,000 columns, and each needs five.
_COLUMNS_AT_A_TIME = 200
_VIEW = "tidewheel_source_columns"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
_TIMES = ("DATE", "TIMESTAMP")
_DECIMALS = ("NUMERIC", "DECIMAL")


def column_types(
    connection: sqlite3.Connection, rows: str, quoted: Callable[[str], str]
) -> pa.Schema:
    """Return the columns of `rows`, which stands after FROM, with types that fit all values."""
    declared = _declared(connection, rows)
    kinds = _kinds(connection, rows, [quoted(name) for name, _ in declared])
    connection.create_function("tidewheel_moment", 1, _moment_kind, deterministic=True)
    fields = []
    for (name, type_name), kind in zip(declared, kinds, strict=True):
        landed = _type(kind, type_name)
        if kind == _TEXT and type_name.startswith(_TIMES):
            landed = _time_type(connection, rows, quoted(name))
        fields.append(pa.field(name, landed))
    return pa.schema(fields)


def array_of(values: Sequence[object], wanted: pa.DataType) -> pa.Array:
    """Return the values of one column in the type that was found for it."""
    if pa.types.is_string(wanted):
        return pa.array([_text(value) for value in values], wanted)
    if pa.types.is_date(wanted) or pa.types.is_timestamp(wanted):
        return pa.array(values, pa.string()).cast(wanted)
    return pa.array(values, wanted)


def _declared(connection: sqlite3.Connection, rows: str) -> list[tuple[str, str]]:
    """Return names and declared types; only a view tells the types of a query's columns."""
    connection.execute(f"DROP VIEW IF EXISTS temp.{_VIEW}")
    connection.execute(f"CREATE TEMP VIEW {_VIEW} AS SELECT * FROM {rows}")  # noqa: S608
    asked = connection.execute("SELECT name, type FROM pragma_table_info(?, 'temp')", [_VIEW])
    found = [(str(name), str(type_name or "").upper()) for name, type_name in asked]
    names = {name for name, _ in found}
    # A second column of a name is told as `name:1`; its own name makes it refused as what it is.
    return [(_first_name(name, names), type_name) for name, type_name in found]


def _first_name(name: str, names: set[str]) -> str:
    before, mark, number = name.rpartition(":")
    return before if mark and number.isdecimal() and before in names else name


def _kinds(connection: sqlite3.Connection, rows: str, names: Sequence[str]) -> list[int]:
    kinds: list[int] = []
    for start in range(0, len(names), _COLUMNS_AT_A_TIME):
        some = names[start : start + _COLUMNS_AT_A_TIME]
        wanted = ", ".join(
            f"max((typeof({name}) = 'integer') * {_INT}), "
            f"max((typeof({name}) = 'integer' AND {name} NOT BETWEEN {-_EXACT} AND {_EXACT})"
            f" * {_LARGE_INT}), max((typeof({name}) = 'real') * {_REAL}), "
            f"max((typeof({name}) = 'text') * {_TEXT}), max((typeof({name}) = 'blob') * {_BLOB})"
            for name in some
        )
        query = f"SELECT {wanted} FROM {rows}"  # noqa: S608  names are quoted
        bits = [bit or 0 for bit in connection.execute(query).fetchone()]
        kinds.extend(sum(bits[place : place + 5]) for place in range(0, len(bits), 5))
    return kinds


def _type(kind: int, declared: str) -> pa.DataType:
    if kind == 0:
        return _declared_type(declared)
    if kind == _INT and declared.startswith(_DECIMALS):
        return pa.float64()
    for allowed, result in (
        (_INT | _LARGE_INT, pa.int64()),
        (_INT | _REAL, pa.float64()),
        (_BLOB, pa.binary()),
    ):
        if not kind & ~allowed:
            return result
    return pa.string()


def _declared_type(declared: str) -> pa.DataType:
    """Return the type that values would have, by the rules that SQLite reads declarations with."""
    if "INT" in declared or declared.startswith("BOOL"):
        return pa.int64()
    if any(part in declared for part in ("CHAR", "CLOB", "TEXT")):
        return pa.string()
    if "BLOB" in declared:
        return pa.binary()
    if any(part in declared for part in ("REAL", "FLOA", "DOUB", *_DECIMALS)):
        return pa.float64()
    return pa.null()


def _time_type(connection: sqlite3.Connection, rows: str, name: str) -> pa.DataType:
    query = f"SELECT DISTINCT tidewheel_moment({name}) FROM {rows} WHERE {name} IS NOT NULL"  # noqa: S608
    found = {kind for (kind,) in connection.execute(query)}
    if found == {_DAY}:
        return pa.date32()
    if found == {_ZONED}:
        return pa.timestamp("us", tz="UTC")
    return pa.timestamp("us") if found <= {_DAY, _LOCAL} else pa.string()


def _moment_kind(text: str) -> int:
    try:
        if _DATE.fullmatch(text):
            date.fromisoformat(text)
            return _DAY
        if _MOMENT.fullmatch(text):
            return _LOCAL if datetime.fromisoformat(text).tzinfo is None else _ZONED
    except ValueError:
        return _OTHER
    return _OTHER


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return base64.b64encode(value).decode() if isinstance(value, bytes) else repr(value)
