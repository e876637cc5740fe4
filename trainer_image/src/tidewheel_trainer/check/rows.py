"""Divide rows by the checks that each can break by itself; those that do go to a file apart."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks, OnFailure
from tidewheel_trainer.check.conditions import Condition, conditions_of
from tidewheel_trainer.clean.asking import input_table
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.stored_rows import StoredRows, stored_rows, tables_of, write_rows

__all__ = ["BROKEN_CHECKS", "RowFailures", "quarantined"]

# The column of the quarantine that names what a row breaks, such as `distance.minimum`.
BROKEN_CHECKS = "broken_checks"


@dataclass(frozen=True, slots=True)
class RowFailures:
    """How many rows break no check and some, and how many break each, such as `x.minimum`."""

    kept: int
    failed: int
    by_check: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Conditions of the stored rows: each column is `c` and its place among `columns`."""

    columns: tuple[str, ...]
    names: tuple[str, ...]
    conditions: tuple[str, ...]


def quarantined(
    source: Path, checks: Checks, kept: Path, failed: Path, memory: Memory
) -> RowFailures:
    """Write the rows that break no check to `kept`, the others to `failed`, each in their order.

    Without quarantine no file is written, and the rows are only counted. A check that cannot be
    asked of a column breaks no row: the checks of the whole data set tell of it.

    Raises:
        TrainerError: SourceUnreadable.
    """
    stored = stored_rows([source])
    asked = _asked(stored, checks)
    is_bad = np.zeros(stored.rows, dtype=np.bool_)
    counts: Counter[str] = Counter()
    with duckdb_session(memory.scratch, memory.limit_bytes) as session:
        good = _good_rows(session, stored, asked, is_bad, counts)
        if checks.on_failure is OnFailure.QUARANTINE:
            write_rows(good, stored.schema, kept)
            apart = _unused_name(stored.schema.names)
            bad = _bad_rows(session, stored, asked, is_bad, apart)
            write_rows(bad, stored.schema.append(pa.field(apart, pa.string())), failed)
        else:
            for _ in good:
                pass
    bad_count = int(is_bad.sum())
    return RowFailures(stored.rows - bad_count, bad_count, dict(counts))


def _asked(stored: StoredRows, checks: Checks) -> _Asked:
    present = [check for check in checks.columns if check.column in stored.schema.names]
    found = [
        (f"{check.column}.{condition.rule}", condition.broken)
        for place, check in enumerate(present)
        for condition in conditions_of(check, f"c{place}", stored.schema.field(check.column).type)
        if isinstance(condition, Condition)
    ]
    return _Asked(
        tuple(check.column for check in present),
        tuple(name for name, _ in found),
        tuple(broken for _, broken in found),
    )


def _good_rows(
    session: duckdb.DuckDBPyConnection,
    stored: StoredRows,
    asked: _Asked,
    is_bad: np.ndarray,
    counts: Counter[str],
) -> Iterator[pa.Table]:
    """Yield the rows that break nothing; mark the others, and count what they break."""
    first = 0
    for table in tables_of(stored):
        broken = _broken(session, table, asked)
        bad = np.zeros(table.num_rows, dtype=np.bool_)
        for name, column in zip(asked.names, broken, strict=True):
            counts[name] += int(column.sum())
            bad |= column
        is_bad[first : first + table.num_rows] = bad
        first += table.num_rows
        yield table.filter(pa.array(~bad))


def _bad_rows(
    session: duckdb.DuckDBPyConnection,
    stored: StoredRows,
    asked: _Asked,
    is_bad: np.ndarray,
    apart: str,
) -> Iterator[pa.Table]:
    first = 0
    for table in tables_of(stored):
        bad = table.filter(pa.array(is_bad[first : first + table.num_rows]))
        first += table.num_rows
        if bad.num_rows:
            broken = _broken(session, bad, asked)
            names = [
                ", ".join(
                    name for name, column in zip(asked.names, broken, strict=True) if column[n]
                )
                for n in range(bad.num_rows)
            ]
            yield bad.append_column(apart, pa.array(names, pa.string()))


def _broken(session: duckdb.DuckDBPyConnection, table: pa.Table, asked: _Asked) -> list[np.ndarray]:
    """Return, for each condition, which rows break it."""
    if not asked.conditions or not table.num_rows:
        return [np.zeros(table.num_rows, dtype=np.bool_) for _ in asked.conditions]
    rows = pa.table(
        [table[column] for column in asked.columns],
        names=[f"c{place}" for place in range(len(asked.columns))],
    )
    conditions = ", ".join(f"{sql} AS b{n}" for n, sql in enumerate(asked.conditions))
    with input_table(session, rows):
        query = f"SELECT {conditions} FROM input"  # noqa: S608  texts in it are quoted
        answer = session.sql(query).to_arrow_table()
    return [pc.fill_null(column, False).to_numpy() for column in answer.columns]


def _unused_name(names: list[str]) -> str:
    name = BROKEN_CHECKS
    while name in names:
        name += "_"
    return name
