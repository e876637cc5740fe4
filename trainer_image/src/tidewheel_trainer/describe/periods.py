"""Count rows over time, in days or in longer periods where there would be too many days."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from tidewheel_contracts.artifact.snapshot_profile import Period, PeriodRows
from tidewheel_trainer import times

__all__ = ["rows_over_time"]

_MOST_PERIODS = 400
_DAYS = {
    Period.DAY: 1,
    Period.WEEK: 7,
    Period.MONTH: 30,
    Period.YEAR: 365,
    Period.DECADE: 3652,
    Period.CENTURY: 36_525,
}


def rows_over_time(
    session: duckdb.DuckDBPyConnection, rows: Iterator[pa.RecordBatch], schema: pa.Schema
) -> tuple[Period | None, tuple[PeriodRows, ...]]:
    """Return the length of the periods, and the rows in those that have any.

    Args:
        session: DuckDB.
        rows: a column of times and one that tells whether there is a target.
        schema: of these: `moment` and `labelled`.
    """
    session.register("moments", pa.RecordBatchReader.from_batches(schema, rows))
    try:
        days = session.sql(
            "SELECT date_trunc('day', moment) AS begins, count(*), count(*) FILTER (labelled) "
            "FROM moments WHERE moment IS NOT NULL GROUP BY begins ORDER BY begins"
        ).to_arrow_table()
    finally:
        session.unregister("moments")
    if not days.num_rows:
        return None, ()
    period = _fitting(days["begins"])
    session.register("days", days.rename_columns(["day", "r", "labelled"]))
    try:
        found = session.execute(
            f"SELECT epoch_us(date_trunc('{period.value}', day)) AS begins, "  # noqa: S608  ours
            "sum(r)::BIGINT, sum(labelled)::BIGINT FROM days GROUP BY begins ORDER BY begins DESC "
            f"LIMIT {_MOST_PERIODS}"
        ).fetchall()
    finally:
        session.unregister("days")
    return period, tuple(
        PeriodRows(begins=times.iso_text(begins).split("T")[0], rows=rows_in, labelled_rows=known)
        for begins, rows_in, known in reversed(found)
    )


def _fitting(days: pa.ChunkedArray) -> Period:
    places = days.cast(pa.timestamp("us")).cast(pa.int64())
    span = (places[-1].as_py() - places[0].as_py()) // times.DAY + 1
    return next(
        (period for period, days in _DAYS.items() if span / days < _MOST_PERIODS - 1),
        Period.CENTURY,
    )
