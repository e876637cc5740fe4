"""DuckDB for reading one file of a source: little memory, one thread, and no other file or host."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tidewheel_trainer.clean.memory import memory_limit_bytes

__all__ = ["guarded_duckdb", "quoted"]

# One file needs no more than this; what does goes to disk.
_MOST_BYTES = 400_000_000


@contextmanager
def guarded_duckdb(files: Sequence[Path], scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that reaches `files` and nothing else; it spills to a folder in `scratch`.

    One thread keeps the order of rows; times with a zone are told in UTC.
    """
    with TemporaryDirectory(dir=scratch, prefix="spilled-") as spilled:
        connection = duckdb.connect()
        try:
            connection.execute("SET threads = 1")
            # It would be drawn among the lines of progress.
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET TimeZone = 'UTC'")
            limit = min(_MOST_BYTES, memory_limit_bytes())
            connection.execute(f"SET memory_limit = '{limit} bytes'")
            connection.execute("SET temp_directory = ?", [spilled])
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute("SET autoload_known_extensions = false")
            connection.execute("SET allowed_paths = ?", [[str(file) for file in files]])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
