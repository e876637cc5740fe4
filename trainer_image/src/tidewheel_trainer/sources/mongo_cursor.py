"""Where reading a collection by a column that grows stands, and what is after it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bson
from bson import json_util
from bson.codec_options import DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.json_util import JSONMode, JSONOptions
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo.collection import Collection

from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.document_spool import PLAIN
from tidewheel_trainer.sources.documents import flattened, iso_text

__all__ = ["CursorRange", "fingerprint_of", "newest_of"]

_EXACT = JSONOptions(
    json_mode=JSONMode.CANONICAL, datetime_conversion=DatetimeConversion.DATETIME_MS
)
_LONGEST_WORDS = 60
# MongoDB compares values of one kind only: those of another are on no side of a range.
_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((ObjectId,), "ObjectId"),
    ((int, float, Decimal128), "number"),
    ((DatetimeMS,), "date"),
    ((Timestamp,), "timestamp"),
    ((str,), "string"),
)


@dataclass(frozen=True, slots=True)
class CursorRange:
    """Values after one and up to another, each as exact extended JSON."""

    column: str
    after: str | None
    up_to: str

    @property
    def words(self) -> str:
        """Return the range for people; another range has other words."""
        after = "the start" if self.after is None else _words(self.after)
        return f"{self.column} after {after} up to {_words(self.up_to)}"

    def to_json(self) -> str:
        """Return all of it as text."""
        return json.dumps([self.column, self.after, self.up_to])

    @staticmethod
    def of_json(text: str) -> "CursorRange":
        """Return the range that was written as text."""
        column, after, up_to = json.loads(text)
        return CursorRange(column, after, up_to)

    def within(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the filter for the range's documents among those of a filter."""
        bounds = {"$lte": _value(self.up_to)}
        if self.after is not None:
            bounds = {"$gt": _value(self.after), **bounds}
        return _both(given, {self.column: bounds})


def newest_of(
    collection: Collection[RawBSONDocument],
    given: Mapping[str, Any],
    column: str,
    after: str | None,
) -> str | None:
    """Return the cursor's highest value, as exact extended JSON; None when nothing is new.


    Raises:
        TrainerError: SourceUnreadable, when documents lack a value, or have several kinds of them.
    """
    lowest = _first(collection, dict(given), column, 1)
    highest = _first(collection, dict(given), column, -1)
    if lowest is None or highest is None:
        return None
    kinds = [_kind(value, column) for value in (lowest[0], highest[0])]
    if kinds[0] != kinds[1]:
        raise _unusable(
            column, f"has values of several kinds, {kinds[0]} and {kinds[1]} among them"
        )
    if after is None:
        return _text(highest[0])
    if _kind(_value(after), column) != kinds[0]:
        raise _unusable(column, f"was of another kind before it was a {kinds[0]}")
    new = _first(collection, _both(given, {column: {"$gt": _value(after)}}), column, -1)
    return None if new is None else _text(new[0])


def fingerprint_of(source: MongoSource, newest: str | None) -> str:
    """Return the digest that changes when documents come after the newest."""
    told = [source.database, source.collection, source.filter, newest]
    return f"sha256:{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()}"


def _first(
    collection: Collection[RawBSONDocument], wanted: dict[str, Any], column: str, direction: int
) -> tuple[Any] | None:
    """Return the value of the first document in this direction, in a tuple; None without one."""
    found = collection.find_one(wanted, {column: 1}, sort=[(column, direction)])
    if found is None:
        return None
    return (flattened(bson.decode(found.raw, PLAIN)).get(column),)


def _kind(value: object, column: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise _unusable(column, "has no value in some documents")
    for types, name in _KINDS:
        if isinstance(value, types) and not isinstance(value, bool):
            return name
    raise _unusable(column, f"has a value that is a {type(value).__name__}, which does not grow")


def _unusable(column: str, fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"the cursor column {column!r} {fault}, so documents would be missed; name another column, "
        "such as '_id', or leave those documents out by `source.mongo.filter`",
    )


def _both(given: Mapping[str, Any], bounds: dict[str, Any]) -> dict[str, Any]:
    return {"$and": [dict(given), bounds]} if given else bounds


def _text(value: object) -> str:
    return json_util.dumps(value, json_options=_EXACT)


def _value(text: str) -> Any:  # noqa: ANN401 - any value of BSON
    return json_util.loads(text, json_options=_EXACT)


def _words(text: str) -> str:
    """Return a value briefly; a digest keeps those apart that begin alike."""
    value = _value(text)
    words = iso_text(int(value)) if isinstance(value, DatetimeMS) else str(value)
    if len(words) <= _LONGEST_WORDS:
        return words
    return f"{words[:_LONGEST_WORDS]}... ({hashlib.sha256(text.encode()).hexdigest()[:8]})"
