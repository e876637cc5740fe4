"""Find the first of rows that agree, in bounded memory, however many rows and groups there are.

A row becomes 16 bytes of the SHA-256 of its text. They go to files by their first byte, so that
equal rows meet in one file, and each file is sorted by itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_trainer.clean.asking import answered
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.row_text import row_texts
from tidewheel_trainer.clean.session import duckdb_session

__all__ = ["first_rows"]

_DIGEST = np.dtype([("high", ">u8"), ("low", ">u8")])
_ENTRY = np.dtype([("high", "u8"), ("low", "u8"), ("row", "i8")])
_ROWS_PER_FILE = 1_000_000
_MOST_FILES = 256


def first_rows(tables: Iterable[pa.Table], rows: int, memory: Memory, place: str) -> np.ndarray:
    """Return for each row whether no earlier one agrees with it in all columns.

    Nulls agree, values that are no number agree, and so do the two zeros of a column of numbers.

    Args:
        tables: the rows in their order, in tables of a bounded size.
        rows: how many they are.
        memory: where digests go, and what DuckDB may use.
        place: the step, for messages.

    Returns:
        booleans of shape (rows,).
    """
    is_first = np.zeros(rows, dtype=np.bool_)
    count = min(_MOST_FILES, rows // _ROWS_PER_FILE + 1)
    with (
        TemporaryDirectory(dir=memory.scratch, prefix="digests-") as folder,
        duckdb_session(memory.scratch, memory.limit_bytes) as session,
    ):
        files = [Path(folder) / str(number) for number in range(count)]
        _scatter(_entries(session, tables, place), files)
        for file in files:
            is_first[_firsts(np.fromfile(file, _ENTRY))] = True
    return is_first


def _entries(
    session: duckdb.DuckDBPyConnection, tables: Iterable[pa.Table], place: str
) -> Iterator[np.ndarray]:
    first = 0
    for table in tables:
        if not table.num_rows:
            continue
        digests = _digests(session, table, place)
        entries = np.empty(table.num_rows, _ENTRY)
        entries["high"], entries["low"] = digests["high"], digests["low"]
        entries["row"] = np.arange(first, first + table.num_rows)
        first += table.num_rows
        yield entries


def _digests(session: duckdb.DuckDBPyConnection, table: pa.Table, place: str) -> np.ndarray:
    texts = pa.table({"text": row_texts(session, _one_text_each(table))})
    found = answered(session, "unhex(left(sha256(text), 32))", texts, place)
    fixed = found.combine_chunks().cast(pa.binary(_DIGEST.itemsize))
    return np.frombuffer(fixed.buffers()[1], _DIGEST)[fixed.offset :][: len(fixed)]


def _one_text_each(table: pa.Table) -> pa.Table:
    """Return the table with floats that differ in their text where they differ in their value."""
    for place, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = pc.add(table.column(place), pa.scalar(0, field.type))  # -0.0 becomes 0.0
            nan = pa.scalar(float("nan"), field.type)
            column = pc.if_else(pc.is_nan(column), nan, column)
            table = table.set_column(place, field, column)
    return table


def _scatter(entries: Iterable[np.ndarray], files: list[Path]) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(file.open("wb")) for file in files]
        for some in entries:
            places = (some["high"] >> np.uint64(56)) * len(files) >> 8
            for number in np.unique(places):
                streams[number].write(some[places == number].tobytes())


def _firsts(entries: np.ndarray) -> np.ndarray:
    """Return the first row of each digest; entries come in the order of rows."""
    order = np.lexsort((entries["low"], entries["high"]))
    entries = entries[order]
    is_new = np.ones(len(entries), dtype=np.bool_)
    is_new[1:] = (np.diff(entries["high"]) != 0) | (np.diff(entries["low"]) != 0)
    rows: np.ndarray = entries["row"][is_new]
    return rows
