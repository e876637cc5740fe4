"""Do the cleaning steps of a Dataset, in their order, on rows in Parquet files."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_steps import STEPS_OF_THE_WHOLE, Step, step_name
from tidewheel_contracts.artifact.snapshot import StepCount
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.row_steps import RowStep, row_step
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.stored_rows import StoredRows, stored_rows, tables_of, write_rows
from tidewheel_trainer.clean.whole_steps import Stream, sql_answer, without_duplicates

__all__ = ["cleaned", "divided"]


def divided(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the steps that can be done on any part of the rows, and those from the first that
    needs all of them.
    """
    for place, step in enumerate(steps):
        if _needs_the_whole(step):
            return steps[:place], steps[place:]
    return steps, ()


def cleaned(
    inputs: Sequence[Path],
    steps: tuple[Step, ...],
    target: Path,
    memory: Memory,
    *,
    first_place: int = 0,
) -> tuple[StepCount, ...]:
    """Do the steps on the rows of all inputs, write one Parquet file, and tell what each step did.

    The same rows give the same file, in the same order, however the inputs were cut.

    Args:
        inputs: Parquet files, at least one; their rows in this order are the table.
        steps: what is done.
        target: the file that is written.
        memory: what DuckDB may use; what needs more goes to its folder.
        first_place: place of the first of these steps among all of the Dataset, for messages.

    Raises:
        TrainerError: StepFailed, as `steps[3].derive.expression: ...`; SourceUnreadable,
            ColumnMissing or ColumnTypeChanged, when the inputs are not one table.
    """
    counts: list[StepCount] = []
    runs = _runs(steps)
    with TemporaryDirectory(dir=memory.scratch, prefix="cleaned-") as folder:
        stored = stored_rows(inputs)
        for number, (first, run) in enumerate(runs):
            is_last = number == len(runs) - 1
            written = target if is_last else Path(folder) / str(number % 2)
            counts += _run_done(stored, run, written, memory, first_place + first)
            stored = stored_rows([written])
    return tuple(counts)


def _needs_the_whole(step: Step) -> bool:
    return step_name(step) in STEPS_OF_THE_WHOLE


def _runs(steps: tuple[Step, ...]) -> list[tuple[int, tuple[Step, ...]]]:
    """Return steps that are done in one go, and the place of their first.

    A step of the whole begins a run: it needs all rows on disk.
    """
    starts = [0, *(n for n, step in enumerate(steps) if n and _needs_the_whole(step))]
    ends = [*starts[1:], len(steps)]
    return [(start, steps[start:end]) for start, end in zip(starts, ends, strict=True)]


def _run_done(
    stored: StoredRows, run: tuple[Step, ...], target: Path, memory: Memory, place: int
) -> list[StepCount]:
    whole, singles = (run[:1], run[1:]) if run and _needs_the_whole(run[0]) else ((), run)
    with ExitStack() as stack:
        schema, tables = stored.schema, tables_of(stored)
        for step in whole:
            stream = _whole_step(stack, stored, step, memory, f"steps[{place}]")
            schema, tables = stream
        session = stack.enter_context(duckdb_session(memory.scratch, memory.limit_bytes))
        ready = _ready(session, singles, schema, place + len(whole))
        # Rows that reach each of the single steps, and those that pass the last one.
        passed = [0] * (len(ready) + 1)
        write_rows(_passing(tables, ready, passed), ready[-1].schema if ready else schema, target)
    before = [(stored.rows, passed[0], step_name(step)) for step in whole]
    after = [(passed[n], passed[n + 1], step.name) for n, step in enumerate(ready)]
    return [StepCount(step=name, rows_in=a, rows_out=b) for a, b, name in (*before, *after)]


def _whole_step(
    stack: ExitStack, stored: StoredRows, step: Step, memory: Memory, place: str
) -> Stream:
    place = f"{place}.{step_name(step)}"
    if step.sql is not None:
        return stack.enter_context(sql_answer(stored, step.sql, memory, place))
    if step.drop_duplicates is not None:
        return stack.enter_context(without_duplicates(stored, step.drop_duplicates, memory, place))
    raise AssertionError(f"{place} is no step of the whole")


def _ready(
    session: duckdb.DuckDBPyConnection, steps: tuple[Step, ...], schema: pa.Schema, place: int
) -> list[RowStep]:
    ready: list[RowStep] = []
    for number, step in enumerate(steps, start=place):
        ready.append(row_step(session, step, schema, f"steps[{number}]"))
        schema = ready[-1].schema
    return ready


def _passing(
    tables: Iterator[pa.Table], steps: Sequence[RowStep], passed: list[int]
) -> Iterator[pa.Table]:
    """Yield what is left of each table after all steps, and count."""
    for table in tables:
        passed[0] += table.num_rows
        left = table
        for number, step in enumerate(steps, start=1):
            left = step.done(left)
            passed[number] += left.num_rows
        yield left
