"""Tables of Delta Lake and Iceberg: each version of a table is all of its rows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidewheel_contracts.api.v1alpha1.source_files import TableFormat, TableSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources.bucket import other_bucket
from tidewheel_trainer.sources.connector import Connector, Context, Look, Piece
from tidewheel_trainer.sources.table_delta import DeltaReader
from tidewheel_trainer.sources.table_folder import TableFolder
from tidewheel_trainer.sources.table_iceberg import IcebergReader
from tidewheel_trainer.sources.table_version import TableVersion

__all__ = ["Reader", "TableConnector", "open_table"]


class Reader(Protocol):
    """What a format knows."""

    def newest(self) -> TableVersion:
        """Return the newest version, or raise TrainerError."""
        ...

    def land(self, version: TableVersion, target: Path) -> None:
        """Write the rows of a version, files in order of their paths, rows in order of theirs."""
        ...


def open_table(source: TableSource, context: Context) -> Connector:
    """Return the connector of a table.

    Raises:
        TrainerError: SourceRefused, when the Secret of another bucket lacks a key.
    """
    other = other_bucket(source.bucket, context) if source.bucket is not None else None
    spec = source.bucket if source.bucket is not None else context.store_spec
    folder = TableFolder(
        store=other or context.store,
        bucket=spec.bucket,
        prefix=source.prefix.rstrip("/") + "/",
        scratch=context.scratch,
    )
    is_delta = source.format is TableFormat.DELTA
    reader: Reader = DeltaReader(folder) if is_delta else IcebergReader(folder)
    return TableConnector(source, reader, other)


@dataclass(frozen=True, slots=True)
class TableConnector:
    """The whole table is one piece, and its version the piece's mark."""

    source: TableSource
    reader: Reader
    own_store: S3Store | None
    is_repeatable = True
    has_documents = False
    notes: Sequence[str] = ()

    def look(self, position: Mapping[str, str]) -> Look:
        """Return the newest version; it stands in the manifest as the position."""
        version = self.reader.newest()
        place = {"table": version.table_id, "version": version.version}
        if version.rows is not None:
            place["rows"] = str(version.rows)
        identity = json.dumps([self.source.format, version.table_id, version.version])
        return Look(
            pieces=(Piece(self.source.prefix, version.mark),),
            fingerprint=f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}",
            position=place,
            new_rows=_new_rows(version, position),
        )

    def land(self, piece: Piece, target: Path) -> None:
        """Write the rows of the version that was looked at, whatever is newest by now.

        Raises:
            TrainerError: SourceUnavailable, when that version is no longer there.
        """
        version = TableVersion.of_mark(piece.mark)
        if version is None:
            raise TrainerError(
                FailureReason.REQUEST_INVALID, f"{piece.mark!r} names no version of a table"
            )
        self.reader.land(version, target)

    def close(self) -> None:
        """Give back the connections to another bucket; the ArtifactStore's are not ours."""
        if self.own_store is not None:
            self.own_store.close()


def _new_rows(version: TableVersion, position: Mapping[str, str]) -> int | None:
    """Return by how many rows the table grew, as far as its statistics tell."""
    if version.rows is None:
        return None
    if position.get("table") != version.table_id:
        return version.rows
    before = position.get("rows", "")
    return max(0, version.rows - int(before)) if before.isdecimal() else None
