"""Judge the cleaned data set: every check that fails, at once, in sentences with numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks, ColumnCheck
from tidewheel_trainer import times
from tidewheel_trainer.check.conditions import Condition, Fault, conditions_of, value_of
from tidewheel_trainer.check.kinds import is_of_kind
from tidewheel_trainer.clean.asking import input_table
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.stored_rows import StoredRows, stored_rows, tables_of

__all__ = ["failures"]

_LONGEST_EXAMPLE = 60
_NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a column that is there."""

    check: ColumnCheck
    column: str
    kind: pa.DataType
    value: str
    rules: tuple[Condition | Fault, ...]

    @property
    def conditions(self) -> list[Condition]:
        return [rule for rule in self.rules if isinstance(rule, Condition)]


def failures(
    parts: Sequence[Path], checks: Checks, time: str | None, now: datetime, memory: Memory
) -> tuple[str, ...]:
    """Return a sentence for each check that fails, in the order in which they are declared.

    All columns are judged in one pass; each that must be unique needs one more.

    Args:
        parts: Parquet files, at least one; together they are the data set.
        checks: what it must be like.
        time: the column that tells how new rows are.
        now: the present moment.
        memory: what DuckDB may use.

    Raises:
        TrainerError: SourceUnreadable, ColumnMissing or ColumnTypeChanged, when the parts are not
            one table.
    """
    stored = stored_rows(parts)
    newest_of = None if checks.maximum_age_seconds is None else time
    asked = {
        check.column: _asked(check, f"c{place}", stored.schema.field(check.column).type)
        for place, check in enumerate(checks.columns)
        if check.column in stored.schema.names
    }
    counts, newest = _counted(stored, list(asked.values()), newest_of, memory)
    found = list(_row_counts(checks, stored.rows))
    for check in checks.columns:
        if check.column in asked:
            one = asked[check.column]
            found += _of_column(one, counts, stored.rows)
            found += _of_unique(one, stored, memory)
        else:
            found.append(f"column {check.column!r} is missing; there are {_shown(stored)}")
    return (*found, *_of_age(checks, time, newest, now))


def _asked(check: ColumnCheck, column: str, kind: pa.DataType) -> _Asked:
    rules = tuple(conditions_of(check, column, kind))
    return _Asked(check, column, kind, value_of(column, kind), rules)


def _counted(
    stored: StoredRows, asked: list[_Asked], newest_of: str | None, memory: Memory
) -> tuple[Iterator[Any], int | None]:
    """Return the answers for all columns, one after the other, and the newest time.

    Of each column: how many values it has, then for each condition how many rows break it, and the
    first value of those.
    """
    asks = [
        ask
        for one in asked
        for ask in (
            f"count({one.value})",
            *(ask for condition in one.conditions for ask in _count_and_example(one, condition)),
        )
    ]
    columns = {one.column: one.check.column for one in asked}
    times_are_told = newest_of in stored.schema.names and _is_time(
        stored.schema.field(newest_of).type
    )
    if newest_of is not None and times_are_told:
        asks.append("epoch_us(CAST(max(t) AS TIMESTAMPTZ))")
        columns["t"] = newest_of
    if not asks:
        return iter(()), None
    (answers,) = _query(stored, columns, f"SELECT {', '.join(asks)} FROM input", memory)  # noqa: S608
    return iter(answers), answers[-1] if "t" in columns else None


def _count_and_example(asked: _Asked, condition: Condition) -> tuple[str, str]:
    rows = f"FILTER (WHERE {condition.broken})"
    return f"count(*) {rows}", f"first(CAST({asked.value} AS VARCHAR)) {rows}"


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _of_column(asked: _Asked, counts: Iterator[Any], rows: int) -> Iterator[str]:
    """Yield what is wrong with a column; `counts` stands at its answers."""
    name = f"column {asked.check.column!r}"
    if asked.check.type is not None and not is_of_kind(asked.check.type, asked.kind):
        yield f"{name} is {asked.kind}, not {asked.check.type.value}"
    without = rows - next(counts)
    for rule in asked.rules:
        if isinstance(rule, Fault):
            yield f"{name} {rule.why}, so `{rule.rule}` cannot be checked"
            continue
        broken, example = next(counts), next(counts)
        if broken:
            such = "" if example is None else f", such as {_short(example)}"
            yield f"{name}: {broken:,} of {rows:,} rows {rule.words}{such}"
    share = asked.check.maximum_null_share
    if share is not None and without > Decimal(share) * rows:
        yield (
            f"{name}: {without:,} of {rows:,} rows have no value, which is a share of "
            f"{without / rows:.4g} and more than {share}"
        )


def _of_unique(asked: _Asked, stored: StoredRows, memory: Memory) -> Iterator[str]:
    if not asked.check.unique:
        return
    column = asked.check.column
    value = value_of("c", asked.kind)
    query = (
        "SELECT coalesce(sum(n), 0), min(text) FROM (SELECT count(*) AS n, "  # noqa: S608  ours
        f"CAST(any_value({value}) AS VARCHAR) AS text FROM input WHERE {value} IS NOT NULL "
        "GROUP BY c HAVING count(*) > 1)"
    )
    ((repeated, example),) = _query(stored, {"c": column}, query, memory)
    if repeated:
        yield (
            f"column {column!r}: {repeated:,} of {stored.rows:,} rows have a value that occurs "
            f"more than once, such as {_short(example)}"
        )


def _query(
    stored: StoredRows, columns: dict[str, str], query: str, memory: Memory
) -> list[tuple[Any, ...]]:
    """Return the answer to a query over columns that have other names in it."""
    fields = [(name, stored.schema.field(column).type) for name, column in columns.items()]
    schema = pa.schema(fields)
    reader = pa.RecordBatchReader.from_batches(
        schema,
        (
            batch
            for table in tables_of(stored, list(dict.fromkeys(columns.values())))
            for batch in pa.table([table[c] for c in columns.values()], schema=schema).to_batches()
        ),
    )
    with (
        duckdb_session(memory.scratch, memory.limit_bytes) as session,
        input_table(session, reader),
    ):
        return session.execute(query).fetchall()


def _row_counts(checks: Checks, rows: int) -> Iterator[str]:
    if checks.minimum_rows is not None and rows < checks.minimum_rows:
        yield f"there are {rows:,} rows, fewer than {checks.minimum_rows:,}"
    if checks.maximum_rows is not None and rows > checks.maximum_rows:
        yield f"there are {rows:,} rows, more than {checks.maximum_rows:,}"


def _of_age(checks: Checks, time: str | None, newest: int | None, now: datetime) -> Iterator[str]:
    most = checks.maximum_age_seconds
    if most is None:
        return
    if time is None:
        yield "the age of the rows cannot be told, because the Dataset names no `time` column"
    elif newest is None:
        yield f"the age of the rows cannot be told: no value of {time!r} is a time"
    else:
        age = int(now.astimezone(UTC).timestamp()) - newest // 1_000_000
        if age > most:
            yield (
                f"the newest value of {time!r} is {times.iso_text(newest)}, which is {age:,} "
                f"seconds old and more than {most:,}"
            )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[:_LONGEST_EXAMPLE]}..."


def _shown(stored: StoredRows) -> str:
    names = stored.schema.names
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
