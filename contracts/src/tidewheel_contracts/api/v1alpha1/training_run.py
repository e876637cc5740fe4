"""TrainingRun: one training on one pinned snapshot, and at most one ModelVersion."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.kind import Kind, PrinterColumn
from tidewheel_contracts.api.model import (
    ApiModel,
    Count,
    DecimalText,
    Digest,
    KindName,
    MemoryQuantity,
    Message,
    Moment,
    Time,
    VersionNumber,
    rules,
)
from tidewheel_contracts.api.v1alpha1.common import (
    AGE,
    MESSAGE,
    NAME_RULE,
    READY,
    REASON,
    SEARCH_RULES,
    Column,
    Metric,
    SnapshotReference,
    Status,
    Training,
)
from tidewheel_contracts.api.v1alpha1.ensembles import ENSEMBLE_RULES
from tidewheel_contracts.api.v1alpha1.features import WEIGHTS_RULES
from tidewheel_contracts.api.v1alpha1.gate import GATE_RULES
from tidewheel_contracts.api.v1alpha1.gate_result import GateTest
from tidewheel_contracts.api.v1alpha1.queueing import QUEUE_RULES
from tidewheel_contracts.api.v1alpha1.run_progress import RunProgress

__all__ = [
    "ONLY_SUSPEND_CHANGES",
    "TRAINING_RUN",
    "Artifact",
    "Cause",
    "ChampionReference",
    "CheckProgress",
    "ComparedWith",
    "FailedAttempt",
    "Images",
    "Reason",
    "RunCondition",
    "RunResult",
    "SearchProgress",
    "Stage",
    "TrainingRunSpec",
    "TrainingRunStatus",
    "Trigger",
    "Verdict",
]


ONLY_SUSPEND_CHANGES = (
    "`spec` must not change after creation, but for `suspend`; apply a new TrainingRun instead"
)


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


class Verdict(StrEnum):
    """What the gate said."""

    PASSED = "Passed"
    UNTESTED = "Untested"  # passed without a test: a recipe was compared with itself
    REFUSED = "Refused"
    INCONCLUSIVE = "Inconclusive"  # too few rows to judge


class ComparedWith(StrEnum):
    """What the candidate was compared with."""

    NOTHING = "Nothing"  # there is no champion
    MODEL = "Model"  # the champion as it serves: it never saw the test window
    RECIPE = "Recipe"  # the champion's recipe, fitted on the candidate's rows


class Reason(StrEnum):
    """Reasons of a run's conditions; `train` adds its own failures."""

    QUEUED = "Queued"  # its pipeline, or Kueue, has not admitted it yet
    EVICTED = "Evicted"  # Kueue took its quota away, and admits it again later
    SUSPENDED = "Suspended"  # `spec.suspend`, or somebody who suspended its Job, holds it back
    DATASET_MISSING = "DatasetMissing"  # there is no Dataset of that name
    SNAPSHOT_PENDING = "SnapshotPending"  # the Dataset has no snapshot yet
    STORE_MISSING = "ArtifactStoreMissing"  # the namespace has no ArtifactStore named default
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


def _unchanged_but_suspend(schema: dict[str, Any]) -> None:
    """Add the rule that every field but `suspend` stays as it is, also absent or present."""
    fields = sorted(schema["properties"].keys() - {"suspend"})
    rule = " && ".join(_unchanged(field, schema) for field in fields)
    changes = (rule, ONLY_SUSPEND_CHANGES)
    schema.update(
        rules(*SEARCH_RULES, *GATE_RULES, *WEIGHTS_RULES, *ENSEMBLE_RULES, *QUEUE_RULES, changes)
    )


def _unchanged(field: str, schema: dict[str, Any]) -> str:
    """Return when a field is as it was; `self.?field` is shorter, and too costly for CEL."""
    same = f"self.{field} == oldSelf.{field}"
    is_always_there = schema["properties"][field].get("default") is not None
    if is_always_there or field in schema["required"]:
        return same
    return f"(has(self.{field}) ? has(oldSelf.{field}) && {same} : !has(oldSelf.{field}))"


class TrainingRunSpec(Training):
    """What is trained, on what, and what it must reach. Immutable but for `suspend`."""

    model_config = ConfigDict(json_schema_extra=_unchanged_but_suspend)

    dataset_name: Annotated[KindName, Field(description="Dataset whose snapshot is learned.")]
    model_name: Annotated[KindName, Field(description="Model that a passing candidate extends.")]
    pipeline_name: Annotated[
        KindName | None,
        Field(description="ModelPipeline whose champion and limits the run counts for."),
    ] = None
    suspend: Annotated[
        bool,
        Field(
            description="While true the run has no Job at work: none is made, and one that runs is "
            "taken away. What it has in the store stays, and the run goes on with that."
        ),
    ] = False


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


class Artifact(ApiModel):
    """Where a model's files are and what they are."""

    manifest_key: Annotated[
        str, Field(max_length=1024, description="Key of the artifact's manifest in the bucket.")
    ]
    manifest_digest: Annotated[Digest, Field(description="SHA-256 of the manifest.")]
    digest: Annotated[Digest, Field(description="SHA-256 over the model files alone.")]
    format: Annotated[Literal["Skops"], Field(description="Form of the model.")] = "Skops"
    size_bytes: Annotated[Count, Field(description="Bytes of the model files.")]
    signing_key: Annotated[
        str | None,
        Field(
            max_length=16,
            pattern=r"^[0-9a-f]{16}$",
            description="Key that signed the artifact: the first 16 digits of `sha256sum` over its "
            "public key's PEM. Absent when nobody did.",
        ),
    ] = None


class Images(ApiModel):
    """Resolved images of the programs that made a version."""

    trainer: Annotated[
        str, Field(max_length=255, description="Image of the training Job, with its digest.")
    ] = ""
    server: Annotated[
        str,
        Field(
            max_length=255,
            description="Image in which the published model was loaded and asked, with its digest.",
        ),
    ] = ""


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


class RunResult(ApiModel):
    """What the training Job reported."""

    verdict: Verdict
    verdict_reason: Annotated[str, Field(max_length=64)]
    message: Message = ""
    compared_with: ComparedWith
    candidate: Annotated[str, Field(max_length=40, description="Name of the chosen candidate.")]
    metrics: Annotated[
        tuple[Metric, ...],
        Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    gate: Annotated[
        tuple[GateTest, ...],
        Field(
            max_length=16,
            description="Tests of the gate in their order; of more than 16 those that did not "
            "pass first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = ()
    test_rows: Annotated[Count, Field(description="Labelled rows of the test window.")] = 0
    training_rows: Annotated[
        Count, Field(description="Labelled rows that the published fit learned.")
    ] = 0
    trained_through: Annotated[
        Time | None, Field(description="Highest time that the published fit learned.")
    ] = None
    artifact: Artifact | None = None
    input_columns: Annotated[
        tuple[Column, ...],
        Field(max_length=32, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = ()
    git_revision: Annotated[str, Field(max_length=64)] = ""


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


TRAINING_RUN = Kind(
    name="TrainingRun",
    plural="trainingruns",
    short_name="trun",
    description="One training on one pinned snapshot; registers a ModelVersion if the gate passes.",
    spec=TrainingRunSpec,
    status=TrainingRunStatus,
    columns=(
        PrinterColumn("Cause", ".status.trigger.cause"),
        PrinterColumn("Stage", ".status.stage"),
        PrinterColumn("Percent", ".status.progress.percent", type="integer"),
        READY,
        REASON,
        PrinterColumn("Verdict", ".status.result.verdict"),
        PrinterColumn("Version", ".status.versionName"),
        PrinterColumn("Trials", ".status.search.finished", type="integer", wide=True),
        PrinterColumn("Candidate", ".status.result.candidate", wide=True),
        PrinterColumn("Snapshot", ".status.snapshot.digest", wide=True),
        MESSAGE,
        AGE,
    ),
    root_rules=(NAME_RULE,),
)
