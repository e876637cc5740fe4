"""Delete rows of an Iceberg table by a file of positions, as engines do that merge on reading.

pyiceberg reads such files and writes none; so the manifest is written with its parts.
"""

import io
import time

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, SetSnapshotRefUpdate
from pyiceberg.typedef import Record

__all__ = ["with_deleted_rows"]

_SNAPSHOT_ID = 4242


class _DeletesWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def with_deleted_rows(table: Table, positions: list[int]) -> None:
    """Commit a snapshot in which these rows of the only data file are deleted."""
    (task,) = table.scan().plan_files()
    before = table.current_snapshot()
    assert before is not None
    folder = f"{table.location()}/data"
    deletes = _delete_file(table, f"{folder}/deletes.parquet", task.file.file_path, positions)
    manifest_output = table.io.new_output(f"{table.location()}/metadata/deletes.avro")
    with _DeletesWriter(
        table.spec(), table.schema(), manifest_output, _SNAPSHOT_ID, "deflate"
    ) as writer:
        entry = ManifestEntry.from_args(
            status=ManifestEntryStatus.ADDED, snapshot_id=_SNAPSHOT_ID, data_file=deletes
        )
        writer.add_entry(entry)
    sequence = table.metadata.last_sequence_number + 1
    list_output = table.io.new_output(f"{table.location()}/metadata/snap-deletes.avro")
    with write_manifest_list(
        format_version=2,
        output_file=list_output,
        snapshot_id=_SNAPSHOT_ID,
        parent_snapshot_id=before.snapshot_id,
        sequence_number=sequence,
        avro_compression="deflate",
    ) as manifests:
        manifests.add_manifests([*before.manifests(table.io), writer.to_manifest_file()])
    counts = {"total-records": "10", "total-position-deletes": str(len(positions))}
    snapshot = Snapshot(
        snapshot_id=_SNAPSHOT_ID,
        parent_snapshot_id=before.snapshot_id,
        sequence_number=sequence,
        timestamp_ms=time.time_ns() // 1_000_000,
        manifest_list=list_output.location,
        summary=Summary(Operation.DELETE, **counts),
        schema_id=table.schema().schema_id,
    )
    table.catalog.commit_table(
        table,
        (),
        (
            AddSnapshotUpdate(snapshot=snapshot),
            SetSnapshotRefUpdate(ref_name="main", type="branch", snapshot_id=_SNAPSHOT_ID),
        ),
    )


def _delete_file(table: Table, location: str, data_file: str, positions: list[int]) -> DataFile:
    ids = [{b"PARQUET:field_id": number} for number in (b"2147483546", b"2147483545")]
    schema = pa.schema(
        [
            pa.field("file_path", pa.string(), nullable=False, metadata=ids[0]),
            pa.field("pos", pa.int64(), nullable=False, metadata=ids[1]),
        ]
    )
    rows = {"file_path": [data_file] * len(positions), "pos": positions}
    buffer = io.BytesIO()
    pq.write_table(pa.table(rows, schema), buffer)
    with table.io.new_output(location).create() as stream:
        stream.write(buffer.getvalue())
    return DataFile.from_args(
        content=DataFileContent.POSITION_DELETES,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=len(positions),
        file_size_in_bytes=len(buffer.getvalue()),
    )
