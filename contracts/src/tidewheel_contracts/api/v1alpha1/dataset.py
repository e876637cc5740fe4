"""Dataset: one source, collected by Jobs into immutable snapshots."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    BucketKey,
    ColumnName,
    Count,
    Digest,
    Moment,
    Time,
    rules,
)
from tidewheel_contracts.api.v1alpha1.common import (
    AGE,
    MESSAGE,
    NAME_RULE,
    READY,
    REASON,
    Column,
    Resources,
    Status,
)

__all__ = [
    "DATASET",
    "DataFormat",
    "DatasetSpec",
    "DatasetStatus",
    "Reason",
    "Refresh",
    "S3Source",
    "Snapshot",
    "Source",
    "Target",
    "TimeColumn",
]


class Reason(StrEnum):
    """Reasons of a Dataset's conditions; `collect` adds its own failures."""

    SNAPSHOT_READY = "SnapshotReady"  # a snapshot of the newest seen source is in the store
    COLLECTING = "Collecting"  # a Job reads the source
    STORE_MISSING = "ArtifactStoreMissing"  # the namespace has no ArtifactStore named default
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema
    NAME_CONFLICT = "NameConflict"  # a Job of somebody else has the name that ours needs


class DataFormat(StrEnum):
    """File formats of a source."""

    PARQUET = "Parquet"


class S3Source(ApiModel):
    """All objects below a prefix of the namespace's bucket, in order of their keys."""

    prefix: Annotated[
        BucketKey, Field(description="Objects whose keys begin with this are the source.")
    ]
    format: Annotated[DataFormat, Field(description="Format of every object.")] = DataFormat.PARQUET


class Source(ApiModel):
    """Exactly one source of rows."""

    model_config = ConfigDict(
        json_schema_extra=rules(("has(self.s3)", "`source` must name one source: `s3`"))
    )

    s3: Annotated[S3Source | None, Field(description="Objects of the namespace's bucket.")] = None


class Target(ApiModel):
    """What a model of this data predicts."""

    column: Annotated[
        ColumnName, Field(description="Column to predict; rows without a value are unlabelled.")
    ]


class TimeColumn(ApiModel):
    """What orders rows in time."""

    column: Annotated[
        ColumnName, Field(description="Timestamp column; it orders and splits, never a feature.")
    ]


class Refresh(ApiModel):
    """How often the source is looked at."""

    every_seconds: Annotated[
        int, Field(ge=10, le=2_592_000, description="Seconds between two looks at the source.")
    ] = 300


class DatasetSpec(ApiModel):
    """What is collected, and what a model learns from it."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.time) || self.time.column != self.target.column",
                "`time.column` must not be `target.column`",
            )
        )
    )

    source: Annotated[Source, Field(description="Where the rows come from.")]
    target: Annotated[Target, Field(description="What a model predicts.")]
    time: Annotated[TimeColumn | None, Field(description="What orders rows in time.")] = None
    refresh: Annotated[Refresh, Field(description="How often the source is looked at.")] = Refresh()
    resources: Annotated[Resources, Field(description="What the collecting pod asks for.")] = (
        Resources()
    )


class Snapshot(ApiModel):
    """The newest snapshot."""

    digest: Annotated[Digest, Field(description="SHA-256 of the snapshot's manifest.")]
    manifest_key: Annotated[
        str, Field(max_length=1024, description="Key of the manifest in the bucket.")
    ]
    rows: Annotated[Count, Field(description="Rows.")]
    labelled_rows: Annotated[Count, Field(description="Rows with a value in the target.")]
    size_bytes: Annotated[Count, Field(description="Bytes of all parts.")]
    parts: Annotated[Count, Field(description="Parquet files.")]
    latest_time: Annotated[Time | None, Field(description="Highest value of the time column.")] = (
        None
    )


class DatasetStatus(Status):
    """The newest snapshot and how the last look at the source went."""

    snapshot: Annotated[Snapshot | None, Field(description="The newest snapshot.")] = None
    columns: Annotated[
        tuple[Column, ...],
        Field(
            max_length=32,
            description="Columns of the newest snapshot; all of them are in its manifest.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    source_fingerprint: Annotated[
        Digest | None, Field(description="Digest over keys, sizes and ETags of the source.")
    ] = None
    last_check_time: Annotated[
        Time | None, Field(description="When the source was last looked at with success.")
    ] = None
    last_attempt_time: Annotated[
        Moment | None, Field(description="When the last look at the source ended, good or bad.")
    ] = None
    collections: Annotated[
        Count, Field(description="Looks at the source whose outcome is recorded here.")
    ] = 0
    collected_generation: Annotated[
        Count, Field(description="Generation of the spec that the last look used.")
    ] = 0


DATASET = Kind(
    name="Dataset",
    plural="datasets",
    short_name="dset",
    description="One source of rows, collected into immutable, cumulative snapshots.",
    spec=DatasetSpec,
    status=DatasetStatus,
    columns=(
        READY,
        REASON,
        PrinterColumn("Rows", ".status.snapshot.rows", type="integer"),
        PrinterColumn("Latest", ".status.snapshot.latestTime"),
        PrinterColumn("Snapshot", ".status.snapshot.digest", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(NAME_RULE,),
)
