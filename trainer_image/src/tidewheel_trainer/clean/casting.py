"""SQL that turns a value into another type, and stops at one that is none of that type.

DuckDB alone would round '1.5' to a whole number and cut the time off a date.
"""

import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_steps import ColumnKind

__all__ = ["TYPE_OF_KIND", "cast_expression"]

TYPE_OF_KIND = {
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.DOUBLE: pa.float64(),
    ColumnKind.STRING: pa.string(),
    ColumnKind.DATE: pa.date32(),
    # Always with a zone: a column must not change its type with the texts that happen to be in it.
    ColumnKind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
_SQL = {
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.DOUBLE: "DOUBLE",
    ColumnKind.STRING: "VARCHAR",
    ColumnKind.DATE: "DATE",
    ColumnKind.TIMESTAMP: "TIMESTAMPTZ",
}
_WHOLE_NUMBER = "[+-]?[0-9]+([.]0*)?"
_DAY = "[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}"
# Some write a space before the zone.
_SPACED_ZONE = " ([+-][0-9]{2}(:?[0-9]{2})?|Z)$"


def cast_expression(column: str, given: pa.DataType, kind: ColumnKind) -> str:
    """Return SQL for a column's values in the type of `kind`.

    Args:
        column: the column's name, quoted.
        given: its type now.
        kind: what it becomes; NaN becomes null where the type has none.
    """
    value = _texts_without_spaces(column, given, kind)
    cast = f"CAST({value} AS {_SQL[kind]})"
    if pa.types.is_floating(given) and kind in (ColumnKind.INTEGER, ColumnKind.BOOLEAN):
        cast = f"CASE WHEN isnan({column}) THEN NULL ELSE {cast} END"
    unfit = _unfit(value, given, kind)
    if unfit is None:
        return cast
    fault = f"error(concat('Value ', {column}, ' is no {kind.value}'))"
    # The types of both branches must agree, also for DuckDB's error(), which gives none.
    return f"CASE WHEN {unfit} THEN CAST({fault} AS {_SQL[kind]}) ELSE {cast} END"


def _texts_without_spaces(column: str, given: pa.DataType, kind: ColumnKind) -> str:
    if not pa.types.is_string(given) or kind is ColumnKind.STRING:
        return column
    if kind is ColumnKind.TIMESTAMP:
        return rf"regexp_replace(trim({column}), '{_SPACED_ZONE}', '\1')"
    return f"trim({column})"


def _unfit(value: str, given: pa.DataType, kind: ColumnKind) -> str | None:
    """Return SQL that is true for a value that DuckDB would bend into the type."""
    is_text = pa.types.is_string(given)
    if kind is ColumnKind.INTEGER:
        if is_text:
            return f"NOT regexp_full_match({value}, '{_WHOLE_NUMBER}')"
        if pa.types.is_floating(given):
            return f"isfinite({value}) AND {value} <> trunc({value})"
        if pa.types.is_decimal(given):
            return f"{value} <> trunc({value})"
    if kind is ColumnKind.BOOLEAN:
        if pa.types.is_floating(given):
            return f"NOT isnan({value}) AND {value} NOT IN (0, 1)"
        if pa.types.is_integer(given) or pa.types.is_decimal(given):
            return f"{value} NOT IN (0, 1)"
    if kind is ColumnKind.DATE and is_text:
        return f"NOT regexp_full_match({value}, '{_DAY}')"
    return None
