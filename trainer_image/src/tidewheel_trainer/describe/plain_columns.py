"""Turn the columns of a snapshot into the few forms that a profile reckons with."""

import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.artifact.snapshot_profile import ColumnGroup

__all__ = ["LONGEST_TEXT", "group_of", "plain_column", "plain_type_of"]

LONGEST_TEXT = 200
# Digits of a decimal number that DuckDB can hold.
_MOST_DIGITS = 38


def group_of(kind: pa.DataType) -> ColumnGroup:
    """Return what can be told of a column of this type."""
    if pa.types.is_boolean(kind):
        return ColumnGroup.BOOLEAN
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ColumnGroup.NUMBER
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ColumnGroup.TEXT
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return ColumnGroup.TIME
    return ColumnGroup.OTHER


def plain_type_of(kind: pa.DataType) -> pa.DataType:
    """Return the form in which a column of this type is looked at."""
    group = group_of(kind)
    if group is ColumnGroup.NUMBER:
        if pa.types.is_integer(kind):
            return kind
        exact = pa.types.is_decimal(kind) and kind.precision <= _MOST_DIGITS
        return pa.decimal128(kind.precision, kind.scale) if exact else pa.float64()
    return {
        ColumnGroup.BOOLEAN: pa.bool_(),
        ColumnGroup.TEXT: pa.string(),
        ColumnGroup.TIME: pa.timestamp("us"),
        # Of other types nothing matters but whether there is a value.
        ColumnGroup.OTHER: pa.bool_(),
    }[group]


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in that form; texts are cut."""
    group = group_of(column.type)
    if group is ColumnGroup.OTHER:
        there = pc.is_valid(column)
        return pc.if_else(there, there, pa.scalar(None, pa.bool_()))
    if group is ColumnGroup.TEXT:
        return pc.utf8_slice_codeunits(column.cast(pa.string()), 0, LONGEST_TEXT)
    # Unsafe only in that finer times than microseconds lose their last digits.
    return column.cast(plain_type_of(column.type), safe=False)
