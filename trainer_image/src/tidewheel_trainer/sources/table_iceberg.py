"""Iceberg: metadata and manifests are read by pyiceberg, and every byte comes through our store.

A table's own properties can name classes to load and hosts to connect to; so nothing of pyiceberg
that heeds them is used here, and what it opens, it opens in the table's bucket.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import ResolveError, ValidationError
from pyiceberg.io.pyarrow import _read_all_delete_files, schema_to_pyarrow
from pyiceberg.manifest import DataFile, FileFormat
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import DataScan, FileScanTask, StaticTable
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.iceberg_file import file_batches
from tidewheel_trainer.sources.table_files import FolderFiles
from tidewheel_trainer.sources.table_folder import TableFolder
from tidewheel_trainer.sources.table_rows import write_rows
from tidewheel_trainer.sources.table_version import TableVersion

__all__ = ["IcebergReader"]

_METADATA = "metadata/"
_METADATA_FILE = re.compile(r"v?(\d+)(-[0-9a-zA-Z-]+)?(\.gz)?\.metadata\.json(\.gz)?")
# A table that was made and never written to has no snapshot.
_NO_SNAPSHOT = "none"
_FAULTS = (
    ValueError,  # of pydantic, JSON and pyiceberg
    KeyError,
    TypeError,
    IndexError,
    EOFError,
    NotImplementedError,
    OSError,
    AssertionError,
    ResolveError,
    ValidationError,
    pa.ArrowException,
)


@dataclass(frozen=True, slots=True)
class IcebergReader:
    """Reads an Iceberg table below a prefix, by its newest metadata file; there is no catalog."""

    folder: TableFolder

    def newest(self) -> TableVersion:
        """Return the current snapshot of the newest metadata.

        Raises:
            TrainerError: SourceEmpty, when there is no metadata; SourceUnreadable, when it is
                broken.
        """
        metadata = self._metadata(self._location())
        snapshot = metadata.current_snapshot()
        return TableVersion(
            table_id=str(metadata.table_uuid),
            version=_NO_SNAPSHOT if snapshot is None else str(snapshot.snapshot_id),
            rows=0 if snapshot is None else _rows(snapshot),
        )

    def land(self, version: TableVersion, target: Path) -> None:
        """Write the rows of a snapshot, with the columns that the table had then."""
        location = self._location()
        metadata = self._metadata(location)
        snapshot_id = None if version.version == _NO_SNAPSHOT else int(version.version)
        known = {snapshot.snapshot_id for snapshot in metadata.snapshots} | {None}
        if str(metadata.table_uuid) != version.table_id or snapshot_id not in known:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"the table at {self.folder.prefix!r} was made anew, or lost its snapshot "
                f"{version.version}, while it was read; the next attempt reads what is there then",
            )
        files = FolderFiles(self.folder)
        table = StaticTable(
            ("static-table", location), metadata, location, files, NoopCatalog("static-table")
        )
        try:
            scan = table.scan(snapshot_id=snapshot_id)
            schema = schema_to_pyarrow(scan.projection(), include_field_ids=False)
            write_rows(self._batches(scan, files, schema, snapshot_id), schema, target)
        except _FAULTS as error:
            raise self.folder.unreadable(
                f"has a snapshot {version.version} that cannot be read", error
            ) from error

    def _location(self) -> str:
        """Return where the metadata file with the highest number is.

        Raises:
            TrainerError: SourceEmpty without one; SourceUnreadable, when two have that number.
        """
        found: dict[int, list[str]] = {}
        for entry in self.folder.objects(_METADATA):
            name = _METADATA_FILE.fullmatch(entry.key.removeprefix(self.folder.prefix + _METADATA))
            if name:
                found.setdefault(int(name[1]), []).append(entry.key)
        if not found:
            raise TrainerError(
                FailureReason.SOURCE_EMPTY,
                f"there is no Iceberg table at {self.folder.prefix!r}: no '.metadata.json' lies "
                f"below {self.folder.prefix + _METADATA!r}; correct `source.table.prefix` or write "
                "the table",
            )
        keys = found[max(found)]
        if len(keys) > 1:
            # One is left over from a commit that lost; only a catalog knows which.
            raise self.folder.unreadable(
                f"has {len(keys)} metadata files of the number {max(found)} ({', '.join(keys)}); "
                "remove the one that the catalog does not name, or write to the table again"
            )
        return f"s3://{self.folder.bucket}/{keys[0]}"

    def _metadata(self, location: str) -> TableMetadata:
        try:
            return FromInputFile.table_metadata(FolderFiles(self.folder).new_input(location))
        except _FAULTS as error:
            raise self.folder.unreadable(
                f"has metadata at {location!r} that cannot be read; restore it or write the table "
                "again",
                error,
            ) from error

    def _batches(
        self, scan: DataScan, files: FolderFiles, schema: pa.Schema, snapshot_id: int | None
    ) -> Iterator[pa.RecordBatch]:
        tasks = sorted(scan.plan_files(), key=_path) if snapshot_id is not None else []
        for task in tasks:
            if task.file.file_format is not FileFormat.PARQUET:
                raise self.folder.unreadable(
                    f"has the data file {task.file.file_path!r}, which is not Parquet; write the "
                    "table again as Parquet"
                )
            deleted = _read_all_delete_files(files, [task]).get(task.file.file_path, [])
            with files.fetched(task.file.file_path) as path:
                for batch in file_batches(
                    path, task.file, scan.table_metadata, scan.projection(), deleted
                ):
                    yield batch.cast(schema)


def _path(task: FileScanTask) -> str:
    file: DataFile = task.file
    return str(file.file_path)


def _rows(snapshot: Snapshot) -> int | None:
    """Return the count in a snapshot's summary; delete files by value do not say how many."""
    if snapshot.summary is None:
        return None
    counts = snapshot.summary.additional_properties
    if counts.get("total-equality-deletes", "0") != "0" or "total-records" not in counts:
        return None
    return int(counts["total-records"]) - int(counts.get("total-position-deletes", "0"))
