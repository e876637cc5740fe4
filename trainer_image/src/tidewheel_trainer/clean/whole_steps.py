"""Steps whose answer for a row depends on other rows: they see the whole data set, on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa

from tidewheel_contracts.api.v1alpha1.dataset_steps import DropDuplicates, Sql
from tidewheel_trainer.clean.asking import storable
from tidewheel_trainer.clean.faults import step_failed, telling
from tidewheel_trainer.clean.first_rows import first_rows
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.sql_text import is_ordered_query
from tidewheel_trainer.clean.stored_rows import (
    StoredRows,
    has_one_schema,
    plain_type,
    stored_rows,
    tables_of,
    write_rows,
)

__all__ = ["Stream", "sql_answer", "without_duplicates"]

_ROWS_AT_A_TIME = 16_384
_CELLS_AT_A_TIME = 1_000_000
# A schema, and tables of it.
Stream = tuple[pa.Schema, Iterator[pa.Table]]


@contextmanager
def without_duplicates(
    stored: StoredRows, step: DropDuplicates, memory: Memory, place: str
) -> Iterator[Stream]:
    """Give the rows but those that agree with an earlier one."""
    for column in step.columns:
        if column not in stored.schema.names:
            raise step_failed(
                f"{place}.columns",
                f"there is no column {column!r}; there are {', '.join(stored.schema.names[:20])}",
            )
    with telling(place):
        tables = tables_of(stored, step.columns or stored.schema.names)
        is_first = first_rows(tables, stored.rows, memory, place)
        yield stored.schema, _marked(stored, is_first)


def _marked(stored: StoredRows, is_marked: np.ndarray) -> Iterator[pa.Table]:
    first = 0
    for table in tables_of(stored):
        yield table.filter(pa.array(is_marked[first : first + table.num_rows]))
        first += table.num_rows


@contextmanager
def sql_answer(stored: StoredRows, step: Sql, memory: Memory, place: str) -> Iterator[Stream]:
    """Give the answer to a query over `input`.

    The order is the query's own ORDER BY; without one, rows are sorted by all columns from left to
    right, so that the order does not depend on how much had to go to disk.
    """
    place = f"{place}.query"
    names = stored.schema.names
    query = step.query.strip().removesuffix(";")
    with (
        TemporaryDirectory(dir=memory.scratch, prefix="input-") as folder,
        telling(place),
    ):
        _refuse_names_that_are_one(names, place)
        even = _of_one_schema(stored, Path(folder))
        with duckdb_session(memory.scratch, memory.limit_bytes, even.files) as session:
            is_ordered = is_ordered_query(session, query, names, place)
            session.read_parquet([str(file) for file in even.files]).create_view("input")
            # The answer itself would rename the second of two equal names without a word.
            described = session.execute(f"DESCRIBE {query}").fetchall()
            _refuse_names_that_are_one([name for name, *_ in described], place)
            answer = storable(session.sql(query), place)
            yield _streamed(answer if is_ordered else answer.order("ALL"))


def _of_one_schema(stored: StoredRows, folder: Path) -> StoredRows:
    if has_one_schema(stored):
        return stored
    even = folder / "rows"
    write_rows(tables_of(stored), stored.schema, even)
    return stored_rows([even])


def _streamed(answer: duckdb.DuckDBPyRelation) -> Stream:
    rows = max(1, min(_ROWS_AT_A_TIME, _CELLS_AT_A_TIME // len(answer.columns)))
    reader = answer.to_arrow_reader(rows)
    schema = pa.schema([(field.name, plain_type(field.type)) for field in reader.schema])
    return schema, (pa.Table.from_batches([batch]).cast(schema) for batch in reader)


def _refuse_names_that_are_one(names: list[str], place: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            other = seen[name.lower()]
            raise step_failed(
                place, f"columns {other!r} and {name!r} are one name in SQL; rename one of them"
            )
        seen[name.lower()] = name
