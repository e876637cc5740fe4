"""SQL that is true for the rows that break a check of their own.

A rule that cannot be asked of a column, such as a minimum of texts, is told as a fault instead.
NaN is no value: it breaks `nullable` and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import ceil, floor
from typing import Any

import duckdb
import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_checks import ColumnCheck

__all__ = ["Condition", "Fault", "conditions_of", "value_of"]

# Most digits of a decimal in DuckDB.
_DECIMAL_DIGITS = 38


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule of one column that rows can break.

    Args:
        rule: the field's name, such as `minimum`.
        broken: SQL that is true for a row that breaks it.
        words: of the rows that break it, such as `are below 0`.
    """

    rule: str
    broken: str
    words: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that cannot be asked of the column, and why."""

    rule: str
    why: str


def value_of(column: str, kind: pa.DataType) -> str:
    """Return SQL for a column's value, which is null for NaN."""
    if not pa.types.is_floating(kind):
        return column
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END"


def conditions_of(check: ColumnCheck, column: str, kind: pa.DataType) -> list[Condition | Fault]:
    """Return the rules that single rows can break.

    Args:
        check: what the column must be like.
        column: its name in SQL.
        kind: its type.
    """
    value = value_of(column, kind)
    found: list[Condition | Fault] = []
    if not check.nullable:
        found.append(Condition("nullable", f"{value} IS NULL", "have no value"))
    if pa.types.is_null(kind):
        return found
    return [
        *found,
        *_limits(check, value, kind),
        *_allowed(check, value, kind),
        *_pattern(check, value, kind),
    ]


def _limits(check: ColumnCheck, value: str, kind: pa.DataType) -> Iterator[Condition | Fault]:
    for rule, text, sign, words in (
        ("minimum", check.minimum, "<", "are below"),
        ("maximum", check.maximum, ">", "are above"),
    ):
        if text is None:
            continue
        if not (
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        ):
            yield Fault(rule, f"is {kind}, which is no number")
            continue
        broken = _beyond(value, sign, Decimal(text), kind)
        yield Condition(rule, f"coalesce({broken}, false)", f"{words} {text}")


def _beyond(value: str, sign: str, limit: Decimal, kind: pa.DataType) -> str:
    """Return SQL that compares exactly; a double is compared with the double next to the limit."""
    if pa.types.is_integer(kind):
        return f"{value} {sign} {ceil(limit) if sign == '<' else floor(limit)}"
    if pa.types.is_decimal(kind) and _digits(limit, kind) <= _DECIMAL_DIGITS:
        return f"{value} {sign} {limit:f}"
    name = "REAL" if kind == pa.float32() else "DOUBLE"
    return f"CAST({value} AS {name}) {sign} CAST('{limit:f}' AS {name})"


def _digits(limit: Decimal, kind: pa.DataType) -> int:
    """Return how many digits a decimal has that holds both the limit and the column's values."""
    _, digits, exponent = limit.as_tuple()
    scale = max(0, -int(exponent))
    whole: int = max(len(digits) - scale, kind.precision - kind.scale)
    fraction: int = max(scale, kind.scale)
    return whole + fraction


def _allowed(check: ColumnCheck, value: str, kind: pa.DataType) -> Iterator[Condition | Fault]:
    if not check.allowed:
        return
    literals = []
    for text in check.allowed:
        try:
            literals.append(_literal(pa.scalar(text).cast(kind).as_py(), kind))
        except (pa.ArrowException, TypeError):
            yield Fault("allowed", f"is {kind}, and {text!r} is no such value")
            return
    broken = f"coalesce({value} NOT IN ({', '.join(literals)}), false)"
    shown = ", ".join(check.allowed[:10]) + (", ..." if len(check.allowed) > 10 else "")
    yield Condition("allowed", broken, f"are none of {shown}")


def _literal(value: Any, kind: pa.DataType) -> str:  # noqa: ANN401 - any value of Arrow
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return f"CAST('{value!r}' AS {'REAL' if kind == pa.float32() else 'DOUBLE'})"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime):
        return f"CAST('{value.isoformat()}' AS {'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'})"
    if isinstance(value, date):
        return f"CAST('{value.isoformat()}' AS DATE)"
    raise TypeError(f"{kind} has no values that can be listed")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _pattern(check: ColumnCheck, value: str, kind: pa.DataType) -> Iterator[Condition | Fault]:
    if check.pattern is None:
        return
    if not pa.types.is_string(kind):
        yield Fault("pattern", f"is {kind}, and only text has a pattern")
        return
    fault = _pattern_fault(check.pattern)
    if fault is not None:
        yield Fault("pattern", f"is asked for a pattern that RE2 cannot read ({fault})")
        return
    broken = f"coalesce(NOT regexp_full_match({value}, {_text(check.pattern)}), false)"
    yield Condition("pattern", broken, f"do not match {check.pattern}")


def _pattern_fault(pattern: str) -> str | None:
    with duckdb.connect() as connection:
        try:
            connection.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchall()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
    return None
