"""A DuckDB session that reaches nothing but the rows it is given, and says the same each time.

Rows come in as Arrow tables and streams, which are no files; the only files that SQL can open are
those that are named when the session is opened. One thread keeps every order the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

__all__ = ["duckdb_session"]


@contextmanager
def duckdb_session(
    scratch: Path, memory_limit_bytes: int, readable: Sequence[Path] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to an empty database in memory.

    Args:
        scratch: a folder; what needs more memory spills to a folder in it, which is removed.
        memory_limit_bytes: what DuckDB may use.
        readable: the only files that SQL can open.
    """
    with TemporaryDirectory(dir=scratch, prefix="spilled-") as spilled:
        connection = duckdb.connect()
        try:
            for name, value in (
                ("threads", 1),
                ("preserve_insertion_order", True),
                ("TimeZone", "UTC"),
                ("memory_limit", f"{memory_limit_bytes}B"),
                ("temp_directory", spilled),
                # A name in SQL must never mean a variable of this program.
                ("python_enable_replacements", False),
                ("python_scan_all_frames", False),
                ("enable_progress_bar", False),
                ("autoinstall_known_extensions", False),
                ("autoload_known_extensions", False),
                ("allow_community_extensions", False),
                ("allowed_paths", [str(file) for file in readable]),
                ("enable_external_access", False),
                # The last one: nothing above can be changed from now on.
                ("lock_configuration", True),
            ):
                connection.execute(f"SET {name} = ?", [value])
            yield connection
        finally:
            connection.close()
