"""Values of a cursor column: in which order they are, and which of them are new."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Highest", "Value", "parse_value"]


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its text as it is sent, and what it is compared by."""

    text: str
    kind: str
    order: Any


def parse_value(value: object) -> Value | None:
    """Return a cursor's value; None for what is no number, time or text.

    Texts that are numbers or times are compared as such: CSV has nothing but texts.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return None
    text = str(value)
    try:
        number = Decimal(text)
        if number.is_finite():
            return Value(text, "numbers", number)
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Value(text, "texts", text)
    return Value(text, "times", moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@dataclass(slots=True)
class Highest:
    """The highest value so far, of a column; rows up to where the last snapshot ended are old."""

    column: str
    start: Value | None
    value: Value | None = None

    @classmethod
    def after(cls, column: str, start: str | None) -> "Highest":
        """Begin after a value that was stored as text; None is the start of the source."""
        value = parse_value(start)
        return cls(column, value, value)

    def takes(self, row: Mapping[str, Any], where: str) -> bool:
        """Tell whether a row is new, and keep its value if it is the highest.

        Servers differ in whether they give the rows at the cursor again: those are dropped.

        Raises:
            TrainerError: ColumnMissing or SourceUnreadable, when the row cannot be compared.
        """
        if self.column not in row:
            raise TrainerError(
                FailureReason.COLUMN_MISSING,
                f"{where} has no column '{self.column}', which `cursor` of the source names; "
                "correct `cursor.column`",
            )
        value = parse_value(row[self.column])
        if value is None:
            raise _unreadable(f"{where} has no number, time or text in '{self.column}'")
        if self.value is not None and value.kind != self.value.kind:
            raise _unreadable(
                f"the column '{self.column}' has {self.value.kind} such as '{self.value.text}' and "
                f"{value.kind} such as '{value.text}' ({where}), which have no order"
            )
        if self.start is not None and value.order <= self.start.order:
            return False
        if self.value is None or value.order > self.value.order:
            self.value = value
        return True


def _unreadable(what: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{what}; choose another column for `cursor` of the source, or leave `cursor` out",
    )
