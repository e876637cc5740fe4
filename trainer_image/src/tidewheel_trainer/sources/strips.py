"""Land a file in strips of a thousand columns: many thousands at once would need memory for each.

The file is read once for each strip, which for all but very wide files is once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["Shape", "land_in_strips"]

_COLUMNS_PER_STRIP = 1000
_BYTES_AT_A_TIME = 32 << 20
_CELLS_AT_A_TIME = 4 << 20
_MOST_ROWS = 1 << 16
# As many rows as DuckDB takes into its hands in any case.
_LEAST_ROWS = 2048


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a file without types."""

    size_bytes: int
    lines: int
    columns: int

    @property
    def rows_at_a_time(self) -> int:
        """Return how many rows, as long as this file's are, fit into memory together."""
        row_bytes = self.size_bytes // max(1, self.lines) + 1
        fitting = min(_BYTES_AT_A_TIME // row_bytes, _CELLS_AT_A_TIME // self.columns, _MOST_ROWS)
        return max(1, fitting)

    @property
    def rows_per_strip(self) -> int:
        """Return how many rows of one strip fit into memory together."""
        return max(_LEAST_ROWS, self.rows_at_a_time)


def land_in_strips(
    columns: Sequence[str],
    target: Path,
    folder: Path,
    land: Callable[[range, Path], None],
) -> None:
    """Let `land` write the columns of each range to a Parquet file; join these as `target`.

    Each file must have the same rows in the same row groups.
    """
    width = len(columns)
    if width <= _COLUMNS_PER_STRIP:
        land(range(width), target)
        return
    strips = []
    for first in range(0, width, _COLUMNS_PER_STRIP):
        strip = folder / f"strip-{first}.parquet"
        land(range(first, min(width, first + _COLUMNS_PER_STRIP)), strip)
        strips.append(strip)
    _join(strips, target)


def _join(strips: Sequence[Path], target: Path) -> None:
    files = [pq.ParquetFile(strip) for strip in strips]
    schema = pa.schema([field for file in files for field in file.schema_arrow])
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer:
        for group in range(files[0].num_row_groups):
            tables = [file.read_row_group(group) for file in files]
            columns = [column for table in tables for column in table.columns]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    for file in files:
        file.close()
