"""One text for all values of a row, so that rows are compared and hashed however wide they are."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_trainer.clean.asking import input_table

__all__ = ["row_texts"]

# An answer of thousands of columns takes minutes to plan.
_COLUMNS_AT_A_TIME = 128


def row_texts(session: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.ChunkedArray:
    """Return the text of each row: `length in bytes:text` of each value, `-` for none.

    The lengths see to it that other values never give the same text.
    """
    if not table.num_rows:
        return pa.chunked_array([], pa.string())
    marked = [
        pc.fill_null(pc.binary_join_element_wise(_lengths(text), text, ":"), "-")
        for first in range(0, table.num_columns, _COLUMNS_AT_A_TIME)
        for text in _texts(session, table, first)
    ]
    return marked[0] if len(marked) == 1 else pc.binary_join_element_wise(*marked, "")


def _lengths(text: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_length(text).cast(pa.string())


def _texts(
    session: duckdb.DuckDBPyConnection, table: pa.Table, first: int
) -> list[pa.ChunkedArray]:
    """Return some columns as DuckDB writes their values."""
    places = range(first, min(first + _COLUMNS_AT_A_TIME, table.num_columns))
    names = [f"c{place}" for place in places]
    casts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in names)
    with input_table(session, table.select(places).rename_columns(names)):
        # Names are ours.
        found = session.sql(f"SELECT {casts} FROM input").to_arrow_table()  # noqa: S608
        return list(found.combine_chunks().columns)
