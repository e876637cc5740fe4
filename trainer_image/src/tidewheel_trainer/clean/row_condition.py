"""Ask of each row whether an expression of SQL is true for it."""

from collections.abc import Callable, Sequence

import duckdb
import pyarrow as pa

from tidewheel_trainer.clean.asking import answered
from tidewheel_trainer.clean.faults import telling
from tidewheel_trainer.clean.sql_text import columns_of_expression

__all__ = ["row_condition"]


def row_condition(
    session: duckdb.DuckDBPyConnection, expression: str, columns: Sequence[str], place: str
) -> Callable[[pa.Table], pa.ChunkedArray]:
    """Return what says for each row of a table whether the expression is true; null is neither.

    Args:
        session: answers what is asked in SQL.
        expression: checked before any row is read.
        columns: all columns that the tables have.
        place: of the expression, such as `steps[3].filter.expression`, for messages.

    Raises:
        TrainerError: StepFailed. What is returned may raise it, too.
    """
    read = columns_of_expression(session, expression, columns, place)

    def asked(table: pa.Table) -> pa.ChunkedArray:
        # Without any column that is read, one that only tells how many rows there are.
        rows = table.select(read or table.column_names[:1])
        with telling(place):
            return answered(session, f"CAST((\n{expression}\n) AS BOOLEAN)", rows, place)

    return asked
