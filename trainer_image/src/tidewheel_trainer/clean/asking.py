"""Ask DuckDB about a table of Arrow, and get an answer in types that Parquet can hold."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from tidewheel_trainer.clean.faults import step_failed
from tidewheel_trainer.clean.stored_rows import plain_type

__all__ = ["answered", "input_table", "quoted", "storable"]

# 128 bits are no type of Arrow's; they would become decimals of 38 digits.
_TOO_WIDE = frozenset({"HUGEINT", "UHUGEINT", "BIGNUM"})


def quoted(name: str) -> str:
    """Return a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def input_table(
    session: duckdb.DuckDBPyConnection, rows: pa.Table | pa.RecordBatchReader
) -> Iterator[None]:
    """Let SQL read these rows as `input`."""
    session.register("input", rows)
    try:
        yield
    finally:
        session.unregister("input")


def storable(answer: duckdb.DuckDBPyRelation, place: str) -> duckdb.DuckDBPyRelation:
    """Return an answer whose columns Parquet can hold; whole numbers become int64.

    Raises:
        TrainerError: StepFailed, for an interval and the like.
    """
    kinds = [str(kind) for kind in answer.types]
    for name, kind in zip(answer.columns, kinds, strict=True):
        if kind.startswith(("INTERVAL", "UNION", "BIT")) and kind != "BIGINT":
            raise step_failed(
                place,
                f"column {name!r} is {kind}, which cannot be stored; turn it into a number or text",
            )
    if not _TOO_WIDE & set(kinds):
        return answer
    return answer.project(
        ", ".join(
            f"CAST({quoted(name)} AS BIGINT) AS {quoted(name)}"
            if kind in _TOO_WIDE
            else quoted(name)
            for name, kind in zip(answer.columns, kinds, strict=True)
        )
    )


def answered(
    session: duckdb.DuckDBPyConnection, expression: str, rows: pa.Table, place: str
) -> pa.ChunkedArray:
    """Return the value of an expression for each row of a table.

    The columns can be used by their names.
    """
    with input_table(session, rows):
        query = f"SELECT {expression} AS value FROM input"  # noqa: S608  checked or ours
        column = storable(session.sql(query), place).to_arrow_table().column(0)
    if len(column) != rows.num_rows:
        raise step_failed(place, "must give one value for each row")
    return column.cast(plain_type(column.type))
