"""Delta Lake: the log is copied to disk and read there by the deltalake library, then each file.

The library's own code in Rust would look up hosts and connect past the egress guard; so it sees a
folder that holds nothing but the log and the deletion vectors.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.delta_file import file_batches
from tidewheel_trainer.sources.table_folder import TableFolder
from tidewheel_trainer.sources.table_rows import write_rows
from tidewheel_trainer.sources.table_version import TableVersion

__all__ = ["DeltaReader"]

_LOG = "_delta_log/"
_ENTRY = re.compile(r"(\d{20})\.(json|checkpoint\..+|compacted\..+|crc)|\d{20}\.\d{20}\..+")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")
_MAPPING_MODE = "delta.columnMapping.mode"
_UNMAPPED, _BY_NAME = "none", "name"
_PHYSICAL_NAME = b"delta.columnMapping.physicalName"
_VECTOR = re.compile(r"deletion_vector_[0-9a-f-]{36}\.bin")
# What our own reading of the files takes into account.
_READ_FEATURES = frozenset(
    {
        "columnMapping",
        "deletionVectors",
        "timestampNtz",
        "typeWidening",
        "typeWidening-preview",
        "v2Checkpoint",
        "vacuumProtocolCheck",
    }
)


@dataclass(frozen=True, slots=True)
class DeltaReader:
    """Reads a Delta Lake table below a prefix."""

    folder: TableFolder

    def newest(self) -> TableVersion:
        """Return the version after the log's last entry.

        Raises:
            TrainerError: SourceEmpty, when there is no log; SourceUnreadable, when it is broken.
        """
        with self._opened(None) as (table, _):
            return TableVersion(
                table_id=str(table.metadata().id),
                version=str(table.version()),
                rows=_rows(table),
            )

    def land(self, version: TableVersion, target: Path) -> None:
        """Write the rows of a version."""
        with self._opened(int(version.version)) as (table, root):
            if str(table.metadata().id) != version.table_id:
                raise TrainerError(
                    FailureReason.SOURCE_UNAVAILABLE,
                    f"the table at {self.folder.prefix!r} was made anew while it was read; the "
                    "next attempt reads the new one",
                )
            schema = pa.schema(table.schema().to_arrow())
            deletions = self._deletions(table, root)
            write_rows(self._batches(table, schema, deletions, root), schema, target)

    @contextmanager
    def _opened(self, version: int | None) -> Iterator[tuple[DeltaTable, Path]]:
        with TemporaryDirectory(dir=self.folder.scratch) as name:
            root = Path(name)
            self._copy_log(root / _LOG, version)
            try:
                table = DeltaTable(root, version=version)
            except (DeltaError, OSError, ValueError) as error:
                raise self.folder.unreadable(
                    f"has a log below {_LOG!r} that cannot be read; restore it or write the table "
                    "again",
                    error,
                ) from error
            self._refuse_features(table)
            yield table, root

    def _copy_log(self, log: Path, version: int | None) -> None:
        """Copy what of the log is needed: the newest checkpoint and what comes after it."""
        names = {entry.key.rpartition("/")[2]: entry.key for entry in self.folder.objects(_LOG)}
        entries = {name: key for name, key in names.items() if _ENTRY.fullmatch(name)}
        if not entries:
            raise TrainerError(
                FailureReason.SOURCE_EMPTY,
                f"there is no Delta Lake table at {self.folder.prefix!r}: no object lies below "
                f"{self.folder.prefix + _LOG!r}; correct `source.table.prefix` or write the table",
            )
        checkpoints = (int(found[1]) for found in map(_CHECKPOINT.fullmatch, names) if found)
        first = max((at for at in checkpoints if version is None or at <= version), default=0)
        log.mkdir(parents=True)
        for name, key in entries.items():
            if int(name[:20]) >= first and (version is None or int(name[:20]) <= version):
                self.folder.fetch(key, log / name)
        sidecars = [key for key in names.values() if f"/{_LOG}_sidecars/" in key]
        for key in sidecars:
            (log / "_sidecars").mkdir(exist_ok=True)
            self.folder.fetch(key, log / "_sidecars" / key.rpartition("/")[2])

    def _refuse_features(self, table: DeltaTable) -> None:
        unknown = set(table.protocol().reader_features or ()) - _READ_FEATURES
        mapping = _mapping(table)
        nested = any(
            pa.types.is_nested(field.type) for field in pa.schema(table.schema().to_arrow())
        )
        if mapping not in (_UNMAPPED, _BY_NAME):
            unknown.add(f"columnMapping by {mapping}")
        elif mapping == _BY_NAME and nested:
            unknown.add("columnMapping with nested columns")
        if unknown:
            raise self.folder.unreadable(
                f"uses the feature {', '.join(sorted(unknown))} of Delta Lake, which is not read; "
                "write a copy without it (`CREATE TABLE ... AS SELECT`)"
            )

    def _deletions(self, table: DeltaTable, root: Path) -> dict[str, pa.Array]:
        """Return for each file with deleted rows, by its key, which rows it keeps."""
        if not _has_vectors(table):
            return {}
        for entry in self.folder.objects(""):
            path = entry.key.removeprefix(self.folder.prefix)
            if _VECTOR.fullmatch(path.rpartition("/")[2]):
                file = root / path
                if not file.resolve().is_relative_to(root.resolve()):
                    raise self.folder.unreadable(f"has an object of the odd name {entry.key!r}")
                file.parent.mkdir(parents=True, exist_ok=True)
                self.folder.fetch(entry.key, file)
        try:
            found = pa.RecordBatchReader.from_stream(table.deletion_vectors()).read_all()
        except (DeltaError, OSError, ValueError) as error:
            raise self.folder.unreadable(
                "has deletion vectors that cannot be read", error
            ) from error
        kept = {}
        for batch in found.to_batches():
            for path, mask in zip(batch["filepath"], batch["selection_vector"], strict=True):
                relative = path.as_py().partition(f"{root.name}/")[2]
                kept[self.folder.key_in_folder(relative)] = mask.values
        return kept

    def _batches(
        self, table: DeltaTable, schema: pa.Schema, deletions: dict[str, pa.Array], root: Path
    ) -> Iterator[pa.RecordBatch]:
        partitions = table.metadata().partition_columns
        local = root / "file.parquet"
        names = _physical_names(table, schema)
        for action in sorted(_actions(table), key=lambda action: str(action["path"])):
            key = self.folder.key_in_folder(action["path"])
            self.folder.fetch(key, local)
            values = action.get("partition") or {}
            fixed = {
                name: pa.scalar(values.get(name), schema.field(name).type) for name in partitions
            }
            try:
                yield from file_batches(local, schema, names, fixed, deletions.get(key))
            except (pa.ArrowException, OSError) as error:
                raise self.folder.unreadable(
                    f"has the data file {key!r} that cannot be read; restore it or write the "
                    "table again",
                    error,
                ) from error


def _actions(table: DeltaTable) -> list[dict[str, Any]]:
    columns = pa.table(table.get_add_actions())
    wanted = ["path", "num_records", *({"partition"} & set(columns.column_names))]
    found: list[dict[str, Any]] = columns.select(wanted).to_pylist()
    return found


def _mapping(table: DeltaTable) -> str:
    return table.metadata().configuration.get(_MAPPING_MODE, _UNMAPPED)


def _physical_names(table: DeltaTable, schema: pa.Schema) -> dict[str, str]:
    """Return what each column is called in the files: a renamed one keeps its first name there."""
    if _mapping(table) == _UNMAPPED:
        return {field.name: field.name for field in schema}
    return {field.name: field.metadata[_PHYSICAL_NAME].decode("utf-8") for field in schema}


def _rows(table: DeltaTable) -> int | None:
    """Return the count of the log; what deletion vectors take away, only their files tell."""
    counts: list[int | None] = [action["num_records"] for action in _actions(table)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) and not _has_vectors(table) else None


def _has_vectors(table: DeltaTable) -> bool:
    return "deletionVectors" in (table.protocol().reader_features or ())
