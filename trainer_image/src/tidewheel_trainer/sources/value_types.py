"""Decide the type of a column of texts from all its values, and write the typed file.

What a column becomes, when every value that is not empty is written as:

    true, false (any case)                       bool
    whole numbers within 64 bits                 int64, exact
    numbers, nan, inf                            double
    2026-01-31                                   date
    2026-01-31T06:00[:00[.123456]]               timestamp
    the same with Z or +01:00                    timestamp in UTC
    anything else, or a mixture of these         text, exactly as it is written

Dates among timestamps count as midnight, whole numbers among decimal ones as decimal ones. A number
that is written out, and whose whole part a double would round, is text unless it is an int64: such
numbers are keys. So are numbers with leading zeros. A column without a value has the type null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["Spelling", "identifier", "write_typed"]

_EMPTY, _BOOL, _INT, _LARGE_INT, _DOUBLE, _DATE, _TIMESTAMP, _ZONED, _TEXT = (
    1 << bit for bit in range(9)
)
_NUMBER = r"[+-]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = _DAY + "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_ZONE = " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
# The highest number up to which a double holds every whole one.
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a format writes values; `{}` in each expression stands for the column.

    Args:
        text: SQL for the value as text.
        is_quoted: SQL that is true for text that can only be text or a time, as JSON's strings.
    """

    text: str
    is_quoted: str


def identifier(name: str) -> str:
    """Return a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def write_typed(
    connection: duckdb.DuckDBPyConnection,
    texts: Path,
    names: Sequence[str],
    target: Path,
    spelling: Spelling,
    rows: int,
) -> None:
    """Write the columns of `texts`, a Parquet file of text, with types and `names` to `target`.

    No row group has more than `rows`.
    """
    columns = pq.read_schema(texts).names
    types = _types(connection, texts, columns, spelling)
    schema = pa.schema(list(zip(names, types, strict=True)))
    values = ", ".join(
        f"{_value(column, kind, spelling)} AS {identifier(column)}"
        for column, kind in zip(columns, types, strict=True)
    )
    query = f"SELECT {values} FROM read_parquet(?)"  # noqa: S608  names are ours or quoted
    found = connection.sql(query, params=[str(texts)])
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer:
        for batch in found.to_arrow_reader(rows):
            arrays = [
                # Arrow casts nothing to its type of no values, not even no values.
                pa.nulls(batch.num_rows) if pa.types.is_null(kind) else array.cast(kind)
                for array, kind in zip(batch.columns, types, strict=True)
            ]
            table = pa.Table.from_arrays(arrays, schema=schema)
            writer.write_table(table, row_group_size=rows)


def _types(
    connection: duckdb.DuckDBPyConnection,
    texts: Path,
    columns: Sequence[str],
    spelling: Spelling,
) -> list[pa.DataType]:
    # One expression over all columns below each other: thousands of them would take long to plan.
    values = ", ".join(map(identifier, columns))
    query = f"""
        SELECT place, bit_or({_kind("text")}) FROM (
            SELECT place, trim({spelling.text.format("value")}) AS text,
                {spelling.is_quoted.format("value")} AS is_quoted
            FROM (
                SELECT unnest(range({len(columns)})) AS place, unnest([{values}]) AS value
                FROM read_parquet(?)
            )
        ) GROUP BY place
    """  # noqa: S608  names are ours or quoted
    found = dict(connection.execute(query, [str(texts)]).fetchall())
    return [_type(found.get(place, 0)) for place in range(len(columns))]


def _type(found: int) -> pa.DataType:
    """Return the one type for all kinds of values that were found in a column."""
    if found == 0:
        return pa.null()
    valued = found & ~_EMPTY
    for allowed, result in (
        (_BOOL, pa.bool_()),
        (_INT | _LARGE_INT, pa.int64()),
        (_INT | _DOUBLE, pa.float64()),
        (_DATE, pa.date32()),
        (_DATE | _TIMESTAMP, pa.timestamp("us")),
        (_ZONED, pa.timestamp("us", tz="UTC")),
    ):
        if valued and not valued & ~allowed:
            return result
    return pa.string()


def _kind(text: str) -> str:
    """Return SQL for the kind of one value, 0 for none."""
    moment = _moment(text)
    return f"""CASE
        WHEN {text} IS NULL THEN 0
        WHEN {text} = '' THEN {_EMPTY}
        WHEN is_quoted THEN {moment}
        WHEN CAST(TRY_CAST({text} AS BIGINT) AS VARCHAR) = {text} THEN
            CASE WHEN TRY_CAST({text} AS BIGINT) BETWEEN {-_EXACT} AND {_EXACT} THEN {_INT}
            ELSE {_LARGE_INT} END
        WHEN regexp_full_match({text}, '{_NUMBER}') THEN
            CASE WHEN NOT isfinite(TRY_CAST({text} AS DOUBLE)) THEN {_TEXT}
            WHEN abs(TRY_CAST({text} AS DOUBLE)) <= {_EXACT} OR contains(lower({text}), 'e')
            THEN {_DOUBLE} ELSE {_TEXT} END
        WHEN lower({text}) IN ('true', 'false') THEN {_BOOL}
        WHEN regexp_full_match(lower({text}), 'nan|[+-]?inf(inity)?') THEN {_DOUBLE}
        ELSE {moment} END"""


def _moment(text: str) -> str:
    return f"""CASE
        WHEN NOT regexp_matches({text}, '^{_DAY}') THEN {_TEXT}
        WHEN regexp_full_match({text}, '{_DAY}') AND TRY_CAST({text} AS DATE) IS NOT NULL
            THEN {_DATE}
        WHEN regexp_full_match({text}, '{_MOMENT}') AND TRY_CAST({text} AS TIMESTAMP) IS NOT NULL
            THEN {_TIMESTAMP}
        WHEN regexp_full_match({text}, '{_MOMENT}{_ZONE}')
            AND TRY_CAST({_zoned(text)} AS TIMESTAMPTZ) IS NOT NULL THEN {_ZONED}
        ELSE {_TEXT} END"""


def _zoned(text: str) -> str:
    """Return SQL for a time without the space that some write before the zone."""
    return rf"regexp_replace({text}, '{_ZONE}$', '\1')"


def _value(column: str, kind: pa.DataType, spelling: Spelling) -> str:
    """Return SQL for a column's values in their type."""
    if pa.types.is_int64(kind) or pa.types.is_float64(kind):
        # Casts of numbers pass over spaces, and an empty text is none. Each function more in
        # thousands of columns would take long to plan.
        return f"TRY_CAST({identifier(column)} AS {'BIGINT' if kind == pa.int64() else 'DOUBLE'})"
    text = spelling.text.format(identifier(column))
    if pa.types.is_string(kind):
        return text
    if pa.types.is_null(kind):
        return "CAST(NULL AS INTEGER)"
    given = f"nullif(trim({text}), '')"
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return f"CAST({_zoned(given)} AS TIMESTAMPTZ)"
    names = {
        pa.bool_(): "BOOLEAN",
        pa.date32(): "DATE",
        pa.timestamp("us"): "TIMESTAMP",
    }
    return f"CAST({given} AS {names[kind]})"
