"""What the operator and its Jobs tell each other: one request file in, one termination message out.

The request reaches the pod as an annotation that the downward API projects to REQUEST_PATH. The
answer is at most MESSAGE_LIMIT bytes of JSON in the container's termination message; a program cuts
its lists until the message fits, because the kubelet would cut it anywhere.
"""

import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from tidewheel_contracts.api.model import Digest, without_absent
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Column, SnapshotReference, Training
from tidewheel_contracts.api.v1alpha1.dataset import (
    Refresh,
    Retention,
    Snapshot,
    Target,
    TimeColumn,
)
from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks
from tidewheel_contracts.api.v1alpha1.dataset_source import Source
from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.dataset_steps import Step
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine

__all__ = [
    "CREDENTIALS_PATH",
    "EGRESS_VARIABLE",
    "INDEX_VARIABLE",
    "MESSAGE_LIMIT",
    "RAY_ENTRYPOINT",
    "REQUEST_PATH",
    "SIGNING_KEY_VARIABLE",
    "TERMINATION_PATH",
    "CheckRequest",
    "CheckResult",
    "CollectRequest",
    "CollectResult",
    "ExitCode",
    "Failure",
    "FailureReason",
    "ImportRequest",
    "ProbeRequest",
    "ProbeResult",
    "PruneRequest",
    "PruneResult",
    "ReduceRequest",
    "Request",
    "Result",
    "RunRequest",
    "SearchRequest",
    "SearchResult",
    "TrainRequest",
    "TrainResult",
    "TrainingTask",
    "Wire",
    "parse_termination_message",
    "parse_training_request",
]

REQUEST_PATH = "/etc/tidewheel/request.json"
TERMINATION_PATH = "/dev/termination-log"
# The keys of the source's Secret, each a file; the operator mounts it where a source names one. It
# is not below the request's folder: that is a mount of its own, into which nothing can be mounted.
CREDENTIALS_PATH = "/etc/tidewheel-source"
# What the egress guard allows beyond public addresses, as JSON; see `egress` of the chart's values.
EGRESS_VARIABLE = "TIDEWHEEL_EGRESS"
# Where the private key lies that signs models; only a Job that publishes some has it.
SIGNING_KEY_VARIABLE = "TIDEWHEEL_SIGNING_KEY"
# How many threads a fit may use; Kubernetes writes the pod's request of CPU into it, rounded up.
THREADS_VARIABLE = "TIDEWHEEL_THREADS"
MESSAGE_LIMIT = 4096
# The driver of a search on Ray, as KubeRay is told; it writes its answer as the last line.
RAY_ENTRYPOINT = "python -m tidewheel_trainer ray-search --result -"
# Kubernetes tells the pod of an indexed Job by this variable which one of them it is.
INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


class ExitCode:
    """Exit codes of the programs of Jobs; the Job's pod failure policy reads them."""

    SUCCESS = 0
    USER_ERROR = 10  # the same request will fail again: never retried
    STORE_UNAVAILABLE = 11  # the store or network failed: retried


class FailureReason(StrEnum):
    """Why a program gave up; each becomes the reason of a condition."""

    SOURCE_EMPTY = "SourceEmpty"  # no object below the prefix, or no row in them
    SOURCE_UNREADABLE = "SourceUnreadable"  # an object is not of the declared format
    SOURCE_UNAVAILABLE = "SourceUnavailable"  # the source does not answer
    SOURCE_REFUSED = "SourceRefused"  # the source refuses the credentials or the query
    SOURCE_FORBIDDEN = "SourceForbidden"  # the egress guard refuses the source's address
    SECRET_MISSING = "SecretMissing"  # noqa: S105 - the source's, or that of the signing key
    STEP_FAILED = "StepFailed"  # a cleaning step cannot be done on the rows
    CHECK_FAILED = "CheckFailed"  # the cleaned rows are not as the checks ask for
    COLUMN_MISSING = "ColumnMissing"  # a declared or earlier column is not in the data
    COLUMN_TYPE_CHANGED = "ColumnTypeChanged"  # a column has another type than before
    TARGET_HAS_ONE_CLASS = "TargetHasOneClass"  # nothing to tell apart
    TARGET_IS_CONSTANT = "TargetIsConstant"  # a number that is the same everywhere
    TARGET_UNSUPPORTED = "TargetUnsupported"  # neither classes nor numbers that can be learned
    NO_FEATURES = "NoFeatures"  # no column is left to learn from
    FEATURE_UNUSABLE = "FeatureUnusable"  # a column holds numbers that no model can take
    WEIGHT_UNUSABLE = "WeightUnusable"  # a column holds numbers that no row can weigh
    SEARCH_INVALID = "SearchInvalid"  # a dimension of the search cannot be drawn
    METRIC_UNAVAILABLE = "MetricUnavailable"  # what is to be judged by cannot be computed
    SEARCH_FRUITLESS = "SearchFruitless"  # no trial of the search has a score
    TOO_FEW_ROWS = "TooFewRows"  # not enough labelled rows to split
    ESTIMATOR_UNKNOWN = "EstimatorUnknown"  # not on the allow-list
    PARAMETER_INVALID = "ParameterInvalid"  # an estimator refused a parameter
    BUCKET_MISSING = "BucketMissing"  # the store has no such bucket
    CREDENTIALS_REFUSED = "CredentialsRefused"  # the store refused the Secret's keys
    STORE_UNAVAILABLE = "StoreUnavailable"  # the store does not answer
    IMPORT_REFUSED = "ImportRefused"  # the file is not what was declared, or cannot be served
    ARTIFACT_DAMAGED = "ArtifactDamaged"  # bytes in the store do not match their digest
    SIGNING_KEY_INVALID = "SigningKeyInvalid"  # no key that signs models, or none that counts
    SIGNATURE_MISSING = "SignatureMissing"  # nobody signed the artifact, and it has to be signed
    SIGNATURE_INVALID = "SignatureInvalid"  # no key that counts signed these files
    OUT_OF_MEMORY = "OutOfMemory"  # a part of a search on Ray used more than it was given
    RAY_UNAVAILABLE = "RayUnavailable"  # the Ray cluster does not answer, or lost its workers
    REQUEST_INVALID = "RequestInvalid"  # the request is not of this program's version
    INTERNAL = "InternalError"  # a defect of Tidewheel


class Wire(BaseModel):
    """A frozen message; an unknown field means two programs of different versions met."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )

    def to_json(self) -> str:
        """Return compact JSON with camelCase names and without absent fields."""
        wire = without_absent(self.model_dump(mode="json", by_alias=True))
        return json.dumps(wire, separators=(",", ":"), ensure_ascii=False)


class Store(Wire):
    """Where the program reads and writes; credentials come from the environment."""

    spec: ArtifactStoreSpec
    namespace: Annotated[str, Field(max_length=63)]


class PreviousSnapshot(Wire):
    """The Dataset's newest snapshot, which a collection extends."""

    snapshot: SnapshotReference
    source_fingerprint: str


class CollectRequest(Wire):
    """Make a snapshot of the source as it is now; credentials lie in CREDENTIALS_PATH."""

    kind: Literal["CollectRequest"] = "CollectRequest"
    store: Store
    dataset_name: str
    source: Source
    target: Target
    time: TimeColumn | None = None
    steps: tuple[Step, ...] = ()
    checks: Checks = Checks()
    split: Split | None = None
    refresh: Refresh = Refresh()
    previous: PreviousSnapshot | None = None


class CollectResult(Wire):
    """The snapshot that the source amounts to; an unchanged source gives the previous one."""

    kind: Literal["CollectResult"] = "CollectResult"
    snapshot: Snapshot
    source_fingerprint: str
    columns: tuple[Column, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    # What the source is like now: another than the snapshot's while too few rows are new.
    seen_fingerprint: str | None = None
    waiting_rows: int = 0
    schema_changes: tuple[str, ...] = ()
    # What a person must know of the source, such as rows that it no longer has.
    notes: tuple[str, ...] = ()


class ProbeRequest(Wire):
    """Look whether the source has changed; reads no rows."""

    kind: Literal["ProbeRequest"] = "ProbeRequest"
    store: Store
    dataset_name: str
    source: Source
    previous: PreviousSnapshot


class ProbeResult(Wire):
    """What the source is like now; no fingerprint where only reading the rows tells."""

    kind: Literal["ProbeResult"] = "ProbeResult"
    fingerprint: str | None = None
    new_rows: int | None = None


class PruneRequest(Wire):
    """Remove old snapshots of a Dataset, but none that is in use."""

    kind: Literal["PruneRequest"] = "PruneRequest"
    store: Store
    dataset_name: str
    retention: Retention
    # Digests that runs and versions point at, and the newest snapshot's.
    in_use: tuple[str, ...]


class PruneResult(Wire):
    """How many snapshots and parts were removed."""

    kind: Literal["PruneResult"] = "PruneResult"
    snapshots: int = 0
    parts: int = 0


class TrainingTask(Wire):
    """What every program that fits models of a run is told."""

    store: Store
    run_name: str
    run_uid: str
    model_name: str
    dataset_name: str
    snapshot: SnapshotReference
    target: Target
    time: TimeColumn | None = None
    split: Split | None = None
    training: Training
    champion: ChampionReference | None = None


class TrainRequest(TrainingTask):
    """Train the candidates on a snapshot, judge the best, publish it if the gate passes."""

    kind: Literal["TrainRequest"] = "TrainRequest"


class SearchRequest(TrainingTask):
    """Run one pod's share of a search's trials; INDEX_VARIABLE tells which pod it is.

    What a trial scored goes to the run's folder of the store, one object a trial, so that a pod
    that comes again goes on where its forerunner ended.
    """

    kind: Literal["SearchRequest"] = "SearchRequest"


class ReduceRequest(TrainingTask):
    """Take the best trial of a search, judge it, publish it if the gate passes."""

    kind: Literal["ReduceRequest"] = "ReduceRequest"


class ImportRequest(TrainingTask):
    """Judge a model that was made elsewhere, publish it as it is if the gate passes."""

    kind: Literal["ImportRequest"] = "ImportRequest"
    imported: ImportedModel


class SearchResult(Wire):
    """What is known of a search's trials when a pod has done its share."""

    kind: Literal["SearchResult"] = "SearchResult"
    trials: int
    finished: int
    failed: int
    pruned: int
    best_candidate: str = ""
    # Absent while no trial has a score.
    best_score: str | None = None


class TrainResult(Wire):
    """The verdict, and the published artifact when it passed."""

    kind: Literal["TrainResult"] = "TrainResult"
    result: RunResult


class CheckRequest(Wire):
    """Load a published fit as a server does, and ask it the rows that lie beside it."""

    kind: Literal["CheckRequest"] = "CheckRequest"
    store: Store
    model_name: str
    manifest_key: str
    manifest_digest: Digest
    artifact_digest: Digest


class CheckResult(Wire):
    """How many rows were asked, and how many were answered otherwise than by the fit itself."""

    kind: Literal["CheckResult"] = "CheckResult"
    # 0 of an artifact of an earlier release, which has no rows to ask.
    rows: Annotated[int, Field(ge=0)]
    # Answered by an error.
    refused: Annotated[int, Field(ge=0)] = 0
    other_labels: Annotated[int, Field(ge=0)] = 0
    # Rows with another number, or other probabilities of the same label.
    other_numbers: Annotated[int, Field(ge=0)] = 0
    # The first difference, or why the server answers a row by an error.
    example: Annotated[str, Field(max_length=512)] = ""
    load_seconds: Annotated[float, Field(ge=0)] = 0.0
    # Median of rows that were asked one by one.
    answer_milliseconds: Annotated[float, Field(ge=0)] = 0.0
    # What predicted; absent of an image of an earlier release.
    engine: ServingEngine | None = None


class Failure(Wire):
    """Why there is no result, in words for the person who wrote the object."""

    kind: Literal["Failure"] = "Failure"
    reason: FailureReason
    message: Annotated[str, Field(max_length=3000)]
    # Every check that failed, up to ten.
    failures: tuple[str, ...] = ()


Request = (
    CollectRequest
    | ProbeRequest
    | PruneRequest
    | TrainRequest
    | SearchRequest
    | ReduceRequest
    | ImportRequest
    | CheckRequest
)
Result = CollectResult | ProbeResult | PruneResult | TrainResult | SearchResult | CheckResult

_MESSAGE: TypeAdapter[Result | Failure] = TypeAdapter(
    Annotated[Result | Failure, Field(discriminator="kind")]
)


RunRequest = TrainRequest | SearchRequest | ReduceRequest | ImportRequest

_RUN_REQUEST: TypeAdapter[RunRequest] = TypeAdapter(
    Annotated[RunRequest, Field(discriminator="kind")]
)


def parse_training_request(text: str) -> RunRequest:
    """Return what a program of a run was asked to do.

    Raises:
        pydantic.ValidationError: the text is no request of a run.
    """
    return _RUN_REQUEST.validate_json(text)


def parse_termination_message(text: str) -> Result | Failure:
    """Return the message of a finished container.

    Raises:
        pydantic.ValidationError: the text is not one of our messages, but log lines for instance.
    """
    return _MESSAGE.validate_json(text)
