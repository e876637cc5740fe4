"""Land a CSV file: texts first, then the types that all values of each column agree on."""

import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1.source_files import Csv
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.column_names import refuse_unusable_names
from tidewheel_trainer.sources.guarded_duckdb import guarded_duckdb, quoted
from tidewheel_trainer.sources.plain_text import count_lines, count_of
from tidewheel_trainer.sources.strips import Shape, land_in_strips
from tidewheel_trainer.sources.value_types import Spelling, write_typed

__all__ = ["land_csv"]

_SPELLING = Spelling(text="{}", is_quoted="false")
_LONGEST_LINE = 16 << 20
# By default DuckDB takes buffers of 16 lines of that length, more than it may have in all.
_BUFFER = 2 * _LONGEST_LINE
# DuckDB wants at least one text for "no value"; no UTF-8 text of a person has this one.
_NO_NULL_TEXT = "\U0010ffff"


def land_csv(source: Path, target: Path, name: str, options: Csv | None = None) -> None:
    """Write the rows of a CSV file (RFC 4180, UTF-8) to a Parquet file, in their order.

    A file without a byte gives a file without columns.

    Args:
        source: the file, not compressed.
        target: the Parquet file to write.
        name: what was read, for messages.
        options: how the file is written; a header and commas without them.

    Raises:
        TrainerError: SourceUnreadable, naming the line where there is one.
    """
    options = options or Csv()
    lines = count_lines(source, name)
    names = list(options.column_names) or _header(source, options, name)
    if not names:
        pq.write_table(pa.table({}), target)
        return
    refuse_unusable_names(names, name)
    # An odd number of quotes may be one that is never closed; DuckDB would drop its rows silently.
    if count_of(b'"', source) % 2:
        _refuse_open_quote(source, options, name)
    shape = Shape(source.stat().st_size, lines, len(names))
    with TemporaryDirectory(dir=target.parent) as folder:
        texts = Path(folder) / "texts.parquet"
        with guarded_duckdb([source, texts], Path(folder)) as connection:

            def land(strip: range, target: Path) -> None:
                _write_texts(connection, source, texts, shape, strip, options)
                strip_names = [names[place] for place in strip]
                write_typed(connection, texts, strip_names, target, _SPELLING, shape.rows_at_a_time)
                texts.unlink()

            try:
                land_in_strips(names, target, Path(folder), land)
            except duckdb.OutOfMemoryException as error:
                raise _unreadable(name, "its rows are too long for the memory") from error
            except duckdb.InvalidInputException as error:
                raise _unreadable(name, _explained(str(error))) from error


def _write_texts(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    texts: Path,
    shape: Shape,
    strip: range,
    options: Csv,
) -> None:
    # Names of ours: those of the file may hold anything, and twice the same.
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(shape.columns))
    wanted = ", ".join(f"c{place}" for place in strip)
    query = f"""
        COPY (
            SELECT {wanted} FROM read_csv(
                ?, auto_detect = false, header = {not options.column_names}, delim = ?,
                quote = '"', escape = '"', nullstr = ?, allow_quoted_nulls = false,
                columns = {{{columns}}}, max_line_size = {_LONGEST_LINE},
                buffer_size = {_BUFFER}, parallel = false
            )
        ) TO {quoted(str(texts))} (FORMAT parquet, ROW_GROUP_SIZE {shape.rows_per_strip})
    """  # noqa: S608  names and numbers are ours
    nulls = list(options.null_values) or [_NO_NULL_TEXT]
    connection.execute(query, [str(source), options.delimiter, nulls])


def _header(source: Path, options: Csv, name: str) -> list[str]:
    """Return the names in the first row; nothing when there is no row."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        try:
            return next((row for row in csv.reader(stream, delimiter=options.delimiter) if row), [])
        except csv.Error as error:
            raise _unreadable(name, f"its header cannot be read: {error}") from error


def _refuse_open_quote(source: Path, options: Csv, name: str) -> None:
    previous = csv.field_size_limit(sys.maxsize)
    first = 1
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream, delimiter=options.delimiter, strict=True)
            for _ in rows:
                first = rows.line_num + 1
    except csv.Error as error:
        raise _unreadable(name, f"the row that begins in line {first}: {error}") from error
    finally:
        csv.field_size_limit(previous)


def _explained(message: str) -> str:
    """Return the line and the fault of DuckDB's message, without its list of options."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    place = next((line.rpartition(": ")[2] for line in lines if "CSV Error on Line" in line), None)
    if place is None:
        if "invalid state" in message:
            return "its rows are not as RFC 4180 has them; do all lines end alike?"
        return lines[0][:200]
    fault = next(
        (line for line in lines[1:] if not line.startswith(("Original Line", "Possible"))), ""
    )
    return f"line {place}: {fault[:200]}"


def _unreadable(name: str, fault: str) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{name!r} is not a readable CSV file ({fault.rstrip('. ')}); write it again, correct "
        "`csv` of the source, or remove it from the source",
    )
