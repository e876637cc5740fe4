"""One version of a table, and how it is written down."""

from dataclasses import dataclass

__all__ = ["TableVersion"]


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A version by the table's own count, and the table's own id: a table may be made anew.

    Args:
        table_id: tells a table from others that had its place.
        version: number of the log's entry (Delta Lake) or id of the snapshot (Iceberg).
        rows: how many the table's statistics count; None where they do not tell.
    """

    table_id: str
    version: str
    rows: int | None = None

    @property
    def mark(self) -> str:
        """Return the text that changes whenever the rows do."""
        return f"{self.table_id}@{self.version}"

    @staticmethod
    def of_mark(mark: str) -> "TableVersion | None":
        """Return the version that a mark names."""
        table_id, _, version = mark.rpartition("@")
        return TableVersion(table_id, version) if table_id and version else None
