"""Turn one file of a source into a typed Parquet file."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1.source_files import Csv, DataFormat
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.csv_file import land_csv
from tidewheel_trainer.sources.json_lines import land_json_lines
from tidewheel_trainer.sources.unpacking import is_compressed, unpack

__all__ = ["land_csv", "land_file", "land_json_lines"]


def land_file(source: Path, format: DataFormat, csv: Csv, target: Path, name: str) -> None:  # noqa: A002
    """Write the rows of a file to a Parquet file, in their order; `source` is used up.

    Args:
        source: the file as it was downloaded.
        format: what it holds.
        csv: how it is written, if it is CSV.
        target: the Parquet file to write.
        name: of the file, for messages; `.gz` and `.zst` at its end say that it is compressed.

    Raises:
        TrainerError: SourceUnreadable.
    """
    with TemporaryDirectory(dir=target.parent) as folder:
        plain = source
        if is_compressed(name):
            plain = Path(folder) / "plain"
            unpack(source, plain, name)
            # Three copies of a large file on disk are one too many.
            source.unlink()
        if format is DataFormat.CSV:
            land_csv(plain, target, name, csv)
        elif format is DataFormat.JSON_LINES:
            land_json_lines(plain, target, name)
        else:
            _land_parquet(plain, target, name)
    source.unlink(missing_ok=True)


def _land_parquet(source: Path, target: Path, name: str) -> None:
    """Take the file as it is, if its end can be read: there a file that is cut short shows."""
    try:
        pq.read_metadata(source)
    except (pa.ArrowException, OSError) as error:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"{name!r} is not a readable Parquet file ({str(error)[:200]}); remove it from the "
            "source or write it again",
        ) from error
    source.replace(target)
