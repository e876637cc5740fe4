"""Status of a TrainingRun: why it was opened, how far it is, and what its Jobs came to."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import (
    ApiModel,
    Count,
    DecimalText,
    Digest,
    MemoryQuantity,
    Moment,
    Time,
    VersionNumber,
)
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference, Status
from tidewheel_contracts.api.v1alpha1.run_progress import RunProgress
from tidewheel_contracts.api.v1alpha1.run_result import Images, RunResult

__all__ = [
    "Cause",
    "ChampionReference",
    "CheckProgress",
    "FailedAttempt",
    "Reason",
    "RunCondition",
    "SearchProgress",
    "Stage",
    "TrainingRunStatus",
    "Trigger",
]


class Cause(StrEnum):
    """Why a run was opened."""

    INITIAL = "Initial"  # the pipeline has no model yet
    NEW_DATA = "NewData"  # labelled rows grew beyond the pipeline's limit
    ALERT = "Alert"  # an alert reached the webhook
    DEMAND = "Demand"  # a person applied the run


class RunCondition(StrEnum):
    """Condition types of a run beyond Ready, Reconciling and Stalled, for `kubectl wait`."""

    COMPLETE = "Complete"  # the run ended with a verdict
    FAILED = "Failed"  # the run ended without a verdict
    SUSPENDED = "Suspended"  # the run has no Job at work; present only while True


class Stage(StrEnum):
    """How far a run came."""

    QUEUED = "Queued"
    SUSPENDED = "Suspended"
    WAITING = "Waiting"
    SEARCHING = "Searching"
    TRAINING = "Training"
    VERIFYING = "Verifying"
    REGISTERING = "Registering"
    FINISHED = "Finished"


class Reason(StrEnum):
    """Reasons of a run's conditions; `train` adds its own failures."""

    QUEUED = "Queued"  # its pipeline, or Kueue, has not admitted it yet
    EVICTED = "Evicted"  # Kueue took its quota away, and admits it again later
    SUSPENDED = "Suspended"  # `spec.suspend`, or somebody who suspended its Job, holds it back
    DATASET_MISSING = "DatasetMissing"  # there is no Dataset of that name
    SNAPSHOT_PENDING = "SnapshotPending"  # the Dataset has no snapshot yet
    STORE_MISSING = "ArtifactStoreMissing"  # the namespace has no ArtifactStore named default
    ENGINE_MISSING = "EngineMissing"  # KubeRay is not there, or the operator may not use it
    SEARCHING = "Searching"  # the pods of the search run trials
    TRAINING = "Training"  # the Job runs
    VERIFYING = "Verifying"  # the serving image loads the published fit and answers test rows
    REGISTERING = "Registering"  # the gate passed; the ModelVersion is being created
    REGISTERED = "Registered"  # the ModelVersion exists
    REFUSED = "Refused"  # the gate refused the candidate
    INCONCLUSIVE = "Inconclusive"  # the gate had too few rows
    NOTHING_NEW = "NothingNewToLearn"  # same snapshot and same recipe as the last run
    RESULT_INCOMPLETE = "ResultIncomplete"  # the Job's words lack what a version is made of
    JOB_LOST = "JobLost"  # the Job was deleted more often than attempts are allowed
    NAME_CONFLICT = "NameConflict"  # a Job of somebody else has the name that ours needs
    INVALID = "Invalid"  # the stored object does not satisfy this version's schema


class Trigger(ApiModel):
    """Why the run was opened."""

    cause: Cause
    fingerprint: Annotated[
        str, Field(max_length=128, description="What makes two causes the same cause.")
    ] = ""


class ChampionReference(ApiModel):
    """The version that the candidate is compared with, pinned when training starts."""

    name: Annotated[str, Field(max_length=63)]
    number: VersionNumber
    manifest_key: Annotated[str, Field(max_length=1024)]
    manifest_digest: Annotated[Digest, Field(description="SHA-256 of the artifact's manifest.")]
    trained_through: Time | None = None


class FailedAttempt(ApiModel):
    """A Job of the run that ended without a result, or was deleted before its end."""

    number: Annotated[int, Field(ge=1, le=10_000, description="Which attempt it was.")]
    job_name: Annotated[str, Field(max_length=63, description="Name of its Job.")]
    reason: Annotated[str, Field(max_length=63, description="Why it ended, in one word.")]
    message: Annotated[str, Field(max_length=512, description="Why it ended, in a sentence.")] = ""
    memory: Annotated[MemoryQuantity, Field(description="Memory that each of its pods had.")]


class SearchProgress(ApiModel):
    """How far the trials of a search are."""

    job_name: Annotated[str, Field(max_length=63, description="Job whose pods run the trials.")]
    trials: Annotated[
        Count, Field(description="Trials that the search consists of; known once a pod is done.")
    ] = 0
    finished: Annotated[Count, Field(description="Trials that were scored.")] = 0
    failed: Annotated[Count, Field(description="Trials whose parameters could not be fitted.")] = 0
    pruned: Annotated[
        Count, Field(description="Trials that were given up early, others being better.")
    ] = 0
    pods: Annotated[Count, Field(description="Pods that share the trials.")] = 0
    finished_pods: Annotated[Count, Field(description="Pods that have done their share.")] = 0
    killed_workers: Annotated[
        Count,
        Field(description="Most workers of its Ray cluster seen killed for memory at once."),
    ] = 0
    best_candidate: Annotated[
        str, Field(max_length=40, description="Candidate of the best trial so far.")
    ] = ""
    best_score: Annotated[
        DecimalText | None, Field(description="Its score on the validation rows.")
    ] = None
    completion_time: Annotated[
        Time | None, Field(description="When the pods had done what they could.")
    ] = None


class CheckProgress(ApiModel):
    """The Job that loads the published fit in the serving image and asks it test rows."""

    attempt: Annotated[int, Field(ge=0, le=100, description="Job that is running or ran.")]
    job_name: Annotated[str, Field(max_length=63, description="Name of that Job.")]


class TrainingRunStatus(Status):
    """How far the run is and what it found."""

    stage: Annotated[Stage | None, Field(description="How far the run came.")] = None
    attempt: Annotated[int, Field(ge=0, le=10_000, description="Job that is running or ran.")] = 0
    suspensions: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            description="Jobs that were taken away because the run was suspended; as attempts they "
            "do not count.",
        ),
    ] = 0
    job_name: Annotated[str | None, Field(max_length=63, description="Name of that Job.")] = None
    trigger: Annotated[Trigger | None, Field(description="Why the run was opened.")] = None
    snapshot: Annotated[
        SnapshotReference | None, Field(description="Snapshot that was pinned at the start.")
    ] = None
    champion: Annotated[
        ChampionReference | None, Field(description="Version that the candidate met.")
    ] = None
    failed_attempts: Annotated[
        tuple[FailedAttempt, ...],
        Field(
            max_length=10,
            description="Jobs that ended without a result, oldest first.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["number"],
            },
        ),
    ] = ()
    search: Annotated[
        SearchProgress | None, Field(description="How far the trials of a search are.")
    ] = None
    progress: Annotated[
        RunProgress | None, Field(description="How far the Job is, as it last told.")
    ] = None
    result: Annotated[RunResult | None, Field(description="What the Job reported.")] = None
    check: Annotated[
        CheckProgress | None,
        Field(description="Job that asks the serving image; the last test of `result.gate`."),
    ] = None
    images: Annotated[Images | None, Field(description="Resolved images.")] = None
    version_number: Annotated[
        VersionNumber | None, Field(description="Number that was taken for the version.")
    ] = None
    version_name: Annotated[
        str | None, Field(max_length=63, description="Name of the registered ModelVersion.")
    ] = None
    start_time: Annotated[Moment | None, Field(description="When the first Job was created.")] = (
        None
    )
    completion_time: Annotated[Time | None, Field(description="When the run ended.")] = None
    coalesced_alerts: Annotated[
        Count, Field(description="Alerts that arrived while this run was queued.")
    ] = 0
