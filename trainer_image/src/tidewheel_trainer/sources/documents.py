"""Documents of MongoDB as flat rows: which columns they have, of which types, and their values.

    nested object                 columns `outer.inner`
    list                          JSON text
    int and long                  int64; double beside doubles
    double                        double
    bool                          bool
    date, timestamp               timestamp in UTC
    binary                        binary
    ObjectId, UUID, Decimal128    text, exact
    string                        text
    a mixture of these            text
    nothing but null              null

A whole number beside doubles that a double would round makes its column text. Decimal128 has no one
scale for a column; a `cast` step gives it the one that is wanted.
"""

import base64
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

from tidewheel_trainer.sources.plain_json import json_text

__all__ = ["Columns", "DocumentError", "flattened", "iso_text", "record_batch"]

_BOOL, _INT, _LARGE_INT, _DOUBLE, _TIME, _BINARY, _TEXT = (1 << bit for bit in range(7))
# Most values are of these, and are told by one look.
_PLAIN_KINDS: dict[type, int] = {
    type(None): 0,
    bool: _BOOL,
    float: _DOUBLE,
    str: _TEXT,
    ObjectId: _TEXT,
    DatetimeMS: _TIME,
}
_PLAIN_TYPES = frozenset({type(None), bool, float, int, str, ObjectId})
_TIME_TYPE = pa.timestamp("us", tz="UTC")
# The highest number up to which a double holds every whole one.
_EXACT = 2**53
_MOST_COLUMNS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_MILLISECONDS = 2**63 // 1000 - 1


class DocumentError(Exception):
    """A document cannot become a row."""


def flattened(document: Mapping[str, object]) -> dict[str, object]:
    """Return the values by column; an empty object has none.

    Raises:
        DocumentError: two of its fields are the same column.
    """
    values: dict[str, object] = {}
    _flatten(document, "", values)
    return values


def _flatten(document: Mapping[str, object], before: str, values: dict[str, object]) -> None:
    for name, value in document.items():
        column = before + name
        inner = value.as_doc() if isinstance(value, DBRef) else value
        if isinstance(inner, dict):
            _flatten(inner, f"{column}.", values)
        elif column in values:
            raise DocumentError(
                f"has two fields that are the column {column!r}; rename one, or leave it out"
            )
        else:
            values[column] = inner if type(inner) in _PLAIN_TYPES else _moment(column, inner)


def _moment(column: str, value: object) -> object:
    """Return a time as DatetimeMS, and anything else as it is."""
    if isinstance(value, Timestamp):
        return DatetimeMS(value.time * 1000)
    if isinstance(value, DatetimeMS) and abs(int(value)) > _LONGEST_MILLISECONDS:
        raise DocumentError(f"has a date in the column {column!r} that is out of any calendar")
    return value


class Columns:
    """The columns of all documents that were seen, in order of their first appearance."""

    def __init__(self) -> None:
        """Begin without a column."""
        self._kinds: dict[str, int] = {}

    def see(self, row: Mapping[str, object]) -> None:
        """Take a row's columns and the types of its values into account.

        Raises:
            DocumentError: there are too many columns.
        """
        kinds = self._kinds
        for name, value in row.items():
            kinds[name] = kinds.get(name, 0) | _kind(value)
        if len(kinds) > _MOST_COLUMNS:
            raise DocumentError(
                f"makes more than {_MOST_COLUMNS:,} columns; keep what its keys tell in lists"
            )

    @property
    def schema(self) -> pa.Schema:
        """Return the columns with the one type for all their values."""
        return pa.schema([(name, _type(found)) for name, found in self._kinds.items()])


def record_batch(rows: Iterable[Mapping[str, object]], schema: pa.Schema) -> pa.RecordBatch:
    """Return rows, whose values were all seen, with the columns of `schema`."""
    held = list(rows)
    arrays = []
    for field in schema:
        given = [row.get(field.name) for row in held]
        arrays.append(pa.array(_values(given, field.type), field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _kind(value: object) -> int:
    known = _PLAIN_KINDS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, int):
        return _INT if abs(value) <= _EXACT else _LARGE_INT
    return _BINARY if isinstance(value, bytes) else _TEXT


def _type(found: int) -> pa.DataType:
    if found == 0:
        return pa.null()
    for allowed, result in (
        (_BOOL, pa.bool_()),
        (_INT | _LARGE_INT, pa.int64()),
        (_INT | _DOUBLE, pa.float64()),
        (_TIME, _TIME_TYPE),
        (_BINARY, pa.binary()),
    ):
        if not found & ~allowed:
            return result
    return pa.string()


def _values(given: list[object], wanted: pa.DataType) -> list[object]:
    if pa.types.is_string(wanted):
        return [None if value is None else _text(value) for value in given]
    if pa.types.is_timestamp(wanted):
        return [int(value) * 1000 if isinstance(value, DatetimeMS) else None for value in given]
    return given


def _text(value: object) -> str:
    if isinstance(value, str):
        # Some of the library's own types are strings with more to them.
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bool | int | float | list):
        return json_text(_readable(value))
    return str(_readable(value))


def _readable(value: object) -> object:
    """Return times and bytes as people write them, also inside lists."""
    if isinstance(value, DatetimeMS):
        return iso_text(int(value))
    if isinstance(value, Timestamp):
        return iso_text(value.time * 1000)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Regex):
        return value.pattern
    if isinstance(value, DBRef):
        return _readable(value.as_doc())
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _readable(item) for name, item in value.items()}
    return value


def iso_text(milliseconds: int) -> str:
    """Return a time that is milliseconds after 1970."""
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return f"{milliseconds} ms since 1970"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
