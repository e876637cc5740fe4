"""Land a file of JSON Lines: one object a line, its keys the columns; what is nested stays JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.guarded_duckdb import guarded_duckdb
from tidewheel_trainer.sources.plain_text import refuse_broken_text
from tidewheel_trainer.sources.value_types import Spelling, write_typed

__all__ = ["land_json_lines"]

# Strings lose their quotes, so that JSON inside them is not told from JSON beside them.
_SPELLING = Spelling(
    text="CASE WHEN starts_with({0}, '\"') THEN json_extract_string({0}, '$') ELSE {0} END",
    is_quoted="(starts_with({0}, '\"') OR starts_with({0}, '{{') OR starts_with({0}, '['))",
)
_LONGEST_LINE = 16 << 20
_MOST_COLUMNS = 20_000
_CELLS_PER_GROUP = 2_000_000
_LONGEST_GROUP = 122_880


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
    refuse_broken_text(source, name)
    with TemporaryDirectory(dir=target.parent) as folder:
        texts = Path(folder) / "texts.parquet"
        with guarded_duckdb([source, texts], Path(folder)) as connection:
            try:
                names = _keys(connection, source, name)
                if not names:
                    pq.write_table(pa.table({}), target)
                    return
                refuse_unusable_names(names, name)
                _write_texts(connection, source, texts, names)
                write_typed(connection, texts, names, target, _SPELLING)
            except duckdb.OutOfMemoryException as error:
                raise _unreadable(name, "its lines are too long for the memory") from error
            except duckdb.InvalidInputException as error:
                raise _unreadable(name, _fault(source) or str(error)[:200]) from error


def _keys(connection: duckdb.DuckDBPyConnection, source: Path, name: str) -> list[str]:
    query = f"""
        SELECT key FROM (
            SELECT unnest(keys) AS key, unnest(range(len(keys))) AS place, line FROM (
                SELECT row_number() OVER () AS line, CASE json_type(json)
                    WHEN 'OBJECT' THEN json_keys(json) ELSE error('not an object')
                END AS keys FROM {_objects("read_json_objects")}
            )
        ) GROUP BY key ORDER BY min((line, place)) LIMIT {_MOST_COLUMNS + 1}
    """  # noqa: S608  no name of the file is in it
    found = connection.execute(query, [str(source)]).fetchall()
    if len(found) > _MOST_COLUMNS:
        raise _unreadable(
            name, f"its objects have more than {_MOST_COLUMNS:,} different keys; nest them"
        )
    return [key for (key,) in found]


def _write_texts(
    connection: duckdb.DuckDBPyConnection, source: Path, texts: Path, names: list[str]
) -> None:
    quoted = ", ".join(f"{_text(key)}: 'JSON'" for key in names)
    group = max(2048, min(_LONGEST_GROUP, _CELLS_PER_GROUP // len(names)))
    reading = _objects("read_json", f", columns = {{{quoted}}}")
    query = f"""
        COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {reading})
        TO {_text(str(texts))} (FORMAT parquet, ROW_GROUP_SIZE {group})
    """  # noqa: S608  keys are quoted
    connection.execute(query, [str(source)])


def _objects(function: str, more: str = "") -> str:
    size = _LONGEST_LINE
    return f"{function}(?, format = 'newline_delimited', maximum_object_size = {size}{more})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _fault(source: Path) -> str | None:
    """Return the first line that is not one object, and why; DuckDB's own count is not exact."""
    for number, line in _lines(source):
        if len(line) > _LONGEST_LINE:
            return f"line {number} is longer than {_LONGEST_LINE >> 20} MiB"
        try:
            pairs = json.loads(line, object_pairs_hook=tuple)
        except json.JSONDecodeError as error:
            return f"line {number}: {error.msg} at character {error.colno}"
        if not line.lstrip().startswith(b"{"):
            return f"line {number} is not an object"
        keys = [key for key, _ in pairs]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            return f"line {number} has the key {twice!r} twice"
    return None


def _lines(source: Path) -> Iterator[tuple[int, bytes]]:
    with source.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line


def _unreadable(name: str, fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{name!r} is not readable as JSON Lines, one object a line ({fault.rstrip('. ')}); write "
        "it again, or remove it from the source",
    )
