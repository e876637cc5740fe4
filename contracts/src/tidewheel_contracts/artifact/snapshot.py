"""The manifest of a snapshot: ordered parts, schema, counts; no clock, no host."""

import hashlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "PROTOCOL",
    "SnapshotColumn",
    "SnapshotManifest",
    "SnapshotPart",
    "SourceIndex",
    "SourcePiece",
    "SourcePosition",
    "StepCount",
    "manifest_bytes",
    "manifest_digest",
]

# Raised when a reader of the old number could misread a new file; readers of old numbers stay.
PROTOCOL = 2


class _Frozen(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class SnapshotColumn(_Frozen):
    """One column, by the text of its Arrow type.

    A part whose column holds nothing but nulls may have it as `null`; a reader casts it.
    """

    name: str
    type: str


class SnapshotPart(_Frozen):
    """One Parquet file, named by the hex SHA-256 of its bytes; times are ISO 8601 in UTC."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0)]
    rows: Annotated[int, Field(ge=0)]
    labelled_rows: Annotated[int, Field(ge=0)]
    latest_time: str | None = None


class StepCount(_Frozen):
    """What a cleaning step did, over all rows of the snapshot."""

    step: str
    rows_in: Annotated[int, Field(ge=0)]
    rows_out: Annotated[int, Field(ge=0)]


class SourcePosition(_Frozen):
    """How far a source was read: an offset of a partition, a cursor's value, a table's version."""

    name: str
    value: str


class SnapshotManifest(_Frozen):
    """The whole snapshot; its digest is the snapshot's name."""

    protocol: int = PROTOCOL
    columns: tuple[SnapshotColumn, ...]
    target: str
    time: str | None = None
    parts: tuple[SnapshotPart, ...]
    rows: Annotated[int, Field(ge=0)]
    labelled_rows: Annotated[int, Field(ge=0)]
    latest_time: str | None = None
    steps: tuple[StepCount, ...] = ()
    quarantined_rows: Annotated[int, Field(ge=0)] = 0
    positions: tuple[SourcePosition, ...] = ()


class SourcePiece(_Frozen):
    """What was read of a source at one go, and the parts that it became before the whole's steps.

    `mark` changes whenever the rows of the piece do; an object's is its ETag.
    """

    key: str
    mark: str
    size_bytes: Annotated[int, Field(ge=0)] = 0
    parts: tuple[SnapshotPart, ...]
    steps: tuple[StepCount, ...] = ()
    # Rows that failed a check of their own.
    quarantine: tuple[SnapshotPart, ...] = ()


class SourceIndex(_Frozen):
    """What a snapshot was made of; it lets the next collection read new rows only.

    It lies beside the snapshots under the source's fingerprint and is no part of any digest. With
    the snapshot that was extended it identifies a collection, so a lost message can be told again.
    """

    protocol: int = PROTOCOL
    snapshot_digest: str
    extends: str | None = None
    # Digest of the source, the steps that its pieces have passed, target and time column: pieces of
    # another recipe are read anew.
    recipe: str
    # Digest of everything else that the snapshot depends on.
    finish: str
    ignored_columns: tuple[str, ...] = ()
    # Columns of the pieces' parts: those of the snapshot, unless steps of the whole come after.
    columns: tuple[SnapshotColumn, ...] = ()
    # Names that rows of documents have had: a document that lacks one has a null there.
    fields: tuple[str, ...] = ()
    positions: tuple[SourcePosition, ...] = ()
    pieces: tuple[SourcePiece, ...]


def manifest_bytes(manifest: BaseModel) -> bytes:
    """Return the canonical bytes of a manifest: fields in declared order, no spaces, UTF-8.

    Absent values are written as null: leaving them out would also drop the nulls inside a recipe's
    parameters, where they mean something.
    """
    return manifest.model_dump_json(by_alias=True).encode()


def manifest_digest(data: bytes) -> str:
    """Return the digest text of manifest bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
