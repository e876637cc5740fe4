"""One text for all values of a row, so that rows are compared and hashed however wide they are."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_trainer.clean.asking import input_table

__all__ = ["row_texts"]

# One expression over thousands of columns takes minutes to plan.
_COLUMNS_AT_A_TIME = 128


def row_texts(session: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.ChunkedArray:
    """Return the text of each row: `length in bytes:text` of each value, `-` for none.

    The lengths see to it that other values never give the same text.
    """
    if not table.num_rows:
        return pa.chunked_array([], pa.string())
    strips = [
        _strip(
            session, table.select(range(first, min(first + _COLUMNS_AT_A_TIME, table.num_columns)))
        )
        for first in range(0, table.num_columns, _COLUMNS_AT_A_TIME)
    ]
    return strips[0] if len(strips) == 1 else pc.binary_join_element_wise(*strips, "")


def _strip(session: duckdb.DuckDBPyConnection, table: pa.Table) -> pa.ChunkedArray:
    columns = [f"c{number}" for number in range(table.num_columns)]
    texts = ", ".join(
        f"CASE WHEN {c} IS NULL THEN '-' ELSE "
        f"concat(strlen(CAST({c} AS VARCHAR)), ':', CAST({c} AS VARCHAR)) END"
        for c in columns
    )
    with input_table(session, table.rename_columns(columns)):
        query = f"SELECT concat({texts}) FROM input"  # noqa: S608  names are ours
        return session.sql(query).to_arrow_table().column(0)
