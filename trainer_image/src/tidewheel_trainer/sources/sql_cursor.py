"""Where reading rows by a column that grows stands."""

import hashlib
import json
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["CursorRange", "CursorValue", "fingerprint_of", "refuse_other_kind"]


@dataclass(frozen=True, slots=True)
class CursorValue:
    """A value as the database writes it, and its kind: number, text, date, time or zoned time."""

    kind: str
    text: str

    def to_json(self) -> str:
        """Return both as text."""
        return json.dumps([self.kind, self.text])

    @staticmethod
    def of_json(text: str) -> "CursorValue":
        """Return the value that was written as text."""
        kind, value = json.loads(text)
        return CursorValue(kind, value)


@dataclass(frozen=True, slots=True)
class CursorRange:
    """Values after one and up to another."""

    after: CursorValue | None
    up_to: CursorValue

    def to_json(self) -> str:
        """Return all of it as text."""
        after = self.after.to_json() if self.after else None
        return json.dumps([after, self.up_to.to_json()])

    @staticmethod
    def of_json(text: str) -> "CursorRange":
        """Return the range that was written as text."""
        after, up_to = json.loads(text)
        return CursorRange(
            CursorValue.of_json(after) if after else None, CursorValue.of_json(up_to)
        )


def fingerprint_of(source: SqlSource, newest: CursorValue | None) -> str:
    """Return the digest that changes when rows come after the newest."""
    place = [source.dialect, source.host or source.key, source.database, source.table, source.query]
    told = [*place, newest.to_json() if newest else None]
    return f"sha256:{hashlib.sha256(json.dumps(told).encode()).hexdigest()}"


def refuse_other_kind(column: str, before: CursorValue, now: CursorValue) -> None:
    """Refuse to compare values of two kinds.

    Raises:
        TrainerError: SourceUnreadable.
    """
    if before.kind != now.kind:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"the cursor column {column!r} was a {before.kind} and is a {now.kind} now, so rows "
            "would be missed; make a new Dataset for the changed table",
        )
