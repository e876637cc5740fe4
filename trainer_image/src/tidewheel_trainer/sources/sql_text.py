"""The one statement that a source asks: its parts are ours or quoted, except the user's query."""

import re
from collections.abc import Callable

from tidewheel_contracts.api.v1alpha1.source_databases import SqlSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["literal", "quoted_name", "rows_of"]

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)


def quoted_name(name: str) -> str:
    """Return a name as the SQL standard quotes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as the SQL standard quotes it, for databases without escapes in it."""
    return "'" + text.replace("'", "''") + "'"


def rows_of(source: SqlSource, quoted: Callable[[str], str] = quoted_name) -> str:
    """Return what stands after FROM, names as the database quotes them.

    Raises:
        TrainerError: SourceRefused, for a query of several statements.
    """
    if source.table is not None:
        return ".".join(quoted(part) for part in source.table.split("."))
    query = (source.query or "").strip().removesuffix(";")
    if ";" in _QUOTED.sub(" ", query):
        raise TrainerError(
            FailureReason.SOURCE_REFUSED,
            "`source.sql.query` has a ';' inside: it must be one SELECT",
        )
    # The line break ends a comment at the query's end.
    return f"({query}\n) AS tidewheel_rows"
