"""Dataset: one source, collected and cleaned by Jobs into immutable snapshots."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    ColumnName,
    Count,
    Digest,
    MemoryQuantity,
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
from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks, Share
from tidewheel_contracts.api.v1alpha1.dataset_source import Source
from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.dataset_steps import Step
from tidewheel_contracts.api.v1alpha1.gate import Task

__all__ = [
    "DATASET",
    "DatasetSpec",
    "DatasetStatus",
    "NextLook",
    "Reason",
    "Refresh",
    "Retention",
    "Snapshot",
    "Target",
    "TimeColumn",
]

# As many texts of one kind as status has room for; all of them are in the snapshot's report.
Texts = Annotated[
    tuple[Annotated[str, Field(max_length=512)], ...],
    Field(max_length=10, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
]


class Reason(StrEnum):
    """Reasons of a Dataset's conditions; `collect` adds its own failures."""

    SNAPSHOT_READY = "SnapshotReady"  # a snapshot of the newest seen source is in the store
    COLLECTING = "Collecting"  # a Job reads the source
    STORE_MISSING = "ArtifactStoreMissing"  # the namespace has no ArtifactStore named default
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema
    NAME_CONFLICT = "NameConflict"  # a Job of somebody else has the name that ours needs


class NextLook(StrEnum):
    """A look at the source that does not wait for its time."""

    PROBE = "Probe"  # news of the source came while a Job was at work
    COLLECTION = "Collection"  # the last look found the source changed


class Target(ApiModel):
    """What a model of this data predicts."""

    column: Annotated[
        ColumnName, Field(description="Column to predict; rows without a value are unlabelled.")
    ]
    task: Annotated[
        Task | None,
        Field(
            description="What the column is taken as. Without it text, booleans and at most 20 "
            "whole numbers are classes, all other numbers are predicted as such."
        ),
    ] = None


class TimeColumn(ApiModel):
    """What orders rows in time."""

    column: Annotated[
        ColumnName, Field(description="Timestamp column; it orders and splits, never a feature.")
    ]


class Refresh(ApiModel):
    """When the source is looked at, and how much must be new before a snapshot is made."""

    every_seconds: Annotated[
        int, Field(ge=10, le=2_592_000, description="Seconds between two looks at the source.")
    ] = 300
    minimum_new_rows: Annotated[
        Count, Field(description="Fewest new rows that make a new snapshot.")
    ] = 0
    minimum_new_share: Annotated[
        Share,
        Field(description="Fewest new rows, as a share of the newest snapshot's, such as '0.1'."),
    ] = "0"


class Retention(ApiModel):
    """Which old snapshots stay; one that a run or a version was trained on always does."""

    snapshots: Annotated[
        int, Field(ge=1, le=1000, description="So many of the newest snapshots stay.")
    ] = 10
    minimum_age_seconds: Annotated[
        int,
        Field(ge=0, le=315_360_000, description="Younger snapshots than this stay as well."),
    ] = 604_800


class DatasetSpec(ApiModel):
    """What is collected, and what a model learns from it."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.time) || self.time.column != self.target.column",
                "`time.column` must not be `target.column`",
            ),
            (
                "!has(self.split) || !has(self.split.time) || has(self.time)",
                "`split.time` needs the column that `time` names",
            ),
            (
                "!has(self.checks) || !has(self.checks.maximumAgeSeconds) || has(self.time)",
                "`checks.maximumAgeSeconds` needs the column that `time` names",
            ),
        )
    )

    source: Annotated[Source, Field(description="Where the rows come from.")]
    target: Annotated[Target, Field(description="What a model predicts.")]
    time: Annotated[TimeColumn | None, Field(description="What orders rows in time.")] = None
    steps: Annotated[
        tuple[Step, ...],
        Field(
            max_length=32,
            description="How rows are cleaned, in this order.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    checks: Annotated[Checks, Field(description="What cleaned rows must be like.")] = Checks()
    split: Annotated[
        Split | None,
        Field(
            description="Which rows test. Without it the newest do, or, without a time column, a "
            "fifth by a hash of the features."
        ),
    ] = None
    refresh: Annotated[Refresh, Field(description="When the source is looked at.")] = Refresh()
    retention: Annotated[Retention, Field(description="Which old snapshots stay.")] = Retention()
    resources: Annotated[Resources, Field(description="What the collecting pod asks for.")] = (
        Resources()
    )
    scratch: Annotated[
        MemoryQuantity,
        Field(description="Disk of the collecting pod: the source's rows must fit several times."),
    ] = "50Gi"


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
    quarantined_rows: Annotated[
        Count, Field(description="Rows that failed a check and are in a file of their own.")
    ] = 0
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
        Digest | None, Field(description="What the source was like when the snapshot was made.")
    ] = None
    seen_fingerprint: Annotated[
        Digest | None, Field(description="What the source was like at the last look.")
    ] = None
    waiting_rows: Annotated[
        Count, Field(description="New rows, too few for a new snapshot yet.")
    ] = 0
    failures: Annotated[Texts, Field(description="Checks that the last collection failed.")] = ()
    schema_changes: Annotated[
        Texts, Field(description="How the newest snapshot's columns differ from those before.")
    ] = ()
    snapshots: Annotated[
        Count, Field(description="Snapshots in the store, as far as the operator knows.")
    ] = 0
    pruned_snapshots: Annotated[
        Count, Field(description="Snapshots that stayed when old ones were last removed.")
    ] = 0
    last_prune_time: Annotated[
        Moment | None, Field(description="When old snapshots were last removed.")
    ] = None
    next_look: Annotated[
        NextLook | None,
        Field(description="Look at the source that follows at once, without waiting for its time."),
    ] = None
    last_check_time: Annotated[
        Time | None, Field(description="When the source was last looked at with success.")
    ] = None
    last_attempt_time: Annotated[
        Moment | None, Field(description="When the last look at the source ended, good or bad.")
    ] = None
    collections: Annotated[Count, Field(description="Jobs whose outcome is recorded here.")] = 0
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
