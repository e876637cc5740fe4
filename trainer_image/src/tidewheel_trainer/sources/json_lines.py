"""Land a file of JSON Lines: one object a line, its keys the columns; what is nested stays JSON."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.guarded_duckdb import guarded_duckdb, quoted
from tidewheel_trainer.sources.plain_text import count_lines
from tidewheel_trainer.sources.strips import Shape, land_in_strips
from tidewheel_trainer.sources.value_types import Spelling, write_typed

__all__ = ["land_json_lines"]

# Strings lose their quotes, so that JSON inside them is not told from JSON beside them.
_SPELLING = Spelling(
    text="CASE WHEN starts_with({0}, '\"') THEN json_extract_string({0}, '$') ELSE {0} END",
    is_quoted="(starts_with({0}, '\"') OR starts_with({0}, '{{') OR starts_with({0}, '['))",
)
_LONGEST_LINE = 16 << 20
_MOST_COLUMNS = 20_000


def land_json_lines(source: Path, target: Path, name: str) -> None:
    """Write the objects of a file to a Parquet file, in their order.

    Columns stand in the order in which their keys first appear. A line that lacks a key, or has
    null there, has no value. A file without an object gives a file without columns.

    Args:
        source: the file, not compressed, UTF-8; empty lines do not count.
        target: the Parquet file to write.
        name: what was read, for messages.

    Raises:
        TrainerError: SourceUnreadable, naming the line where there is one.
    """
    lines = count_lines(source, name)
    names = _keys(source, name)
    if not names:
        pq.write_table(pa.table({}), target)
        return
    refuse_unusable_names(names, name)
    shape = Shape(source.stat().st_size, lines, len(names))
    with TemporaryDirectory(dir=target.parent) as folder:
        texts = Path(folder) / "texts.parquet"
        with guarded_duckdb([source, texts], Path(folder)) as connection:

            def land(strip: range, target: Path) -> None:
                strip_names = [names[place] for place in strip]
                _write_texts(connection, source, texts, shape, strip_names)
                write_typed(connection, texts, strip_names, target, _SPELLING, shape.rows_at_a_time)
                texts.unlink()

            try:
                land_in_strips(names, target, Path(folder), land)
            except duckdb.OutOfMemoryException as error:
                raise _unreadable(name, "its lines are too long for the memory") from error
            except duckdb.InvalidInputException as error:
                raise _unreadable(name, _explained(str(error), source)) from error


def _keys(source: Path, name: str) -> list[str]:
    """Return all keys in the order of their first appearance; refuse lines that are no object."""
    keys: dict[str, Any] = {}
    for number, line in _lines(source, name):
        try:
            value = json.loads(line)
        except RecursionError as error:
            raise _unreadable(name, f"line {number} is nested too deep") from error
        except json.JSONDecodeError as error:
            place = f"line {number}, character {error.colno}"
            raise _unreadable(name, f"{place}: {error.msg}") from error
        except ValueError as error:
            raise _unreadable(name, f"line {number}: {error}") from error
        if not isinstance(value, dict):
            raise _unreadable(name, f"line {number} is not an object")
        keys.update(value)
        if len(keys) > _MOST_COLUMNS:
            fault = f"its objects have more than {_MOST_COLUMNS:,} different keys; nest them"
            raise _unreadable(name, fault)
    return list(keys)


def _lines(source: Path, name: str) -> Iterator[tuple[int, bytes]]:
    with source.open("rb") as stream:
        for number in itertools.count(1):
            line = stream.readline(_LONGEST_LINE + 1)
            if len(line) > _LONGEST_LINE:
                raise _unreadable(name, f"line {number} is longer than {_LONGEST_LINE >> 20} MiB")
            if not line:
                return
            if not line.isspace():
                yield number, line


def _write_texts(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    texts: Path,
    shape: Shape,
    names: list[str],
) -> None:
    columns = ", ".join(f"{quoted(key)}: 'JSON'" for key in names)
    query = f"""
        COPY (
            SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_json(
                ?, format = 'newline_delimited', maximum_object_size = {_LONGEST_LINE},
                columns = {{{columns}}}
            )
        ) TO {quoted(str(texts))} (FORMAT parquet, ROW_GROUP_SIZE {shape.rows_per_strip})
    """  # noqa: S608  keys are quoted
    connection.execute(query, [str(source)])


def _explained(message: str, source: Path) -> str:
    """Return the fault of DuckDB's message, which says that a key occurs twice, for example."""
    fault = message.splitlines()[0].replace(f' in file "{source}"', "")
    return fault.rpartition("Error: ")[2].removeprefix("JSON transform error")[:200].strip(" ,")


def _unreadable(name: str, fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{name!r} is not readable as JSON Lines, one object a line ({fault.rstrip('. ')}); write "
        "it again, or remove it from the source",
    )
