"""Builders of valid objects: a test changes only the field that it is about.

Specs, statuses and messages go through the contracts, so that no fixture holds what the API server
or a program would never write. Objects are given back as the API server stores them.
"""

import copy
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import Kind
from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_contracts.api.v1alpha1.artifact_store import ARTIFACT_STORE, ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference, Status
from tidewheel_contracts.api.v1alpha1.dataset import DATASET, DatasetSpec, DatasetStatus, Snapshot
from tidewheel_contracts.api.v1alpha1.model_alias import (
    MODEL_ALIAS,
    ModelAliasSpec,
    ModelAliasStatus,
    alias_object_name,
)
from tidewheel_contracts.api.v1alpha1.model_approval import (
    MODEL_APPROVAL,
    ApprovalDecision,
    ModelApprovalSpec,
    ModelApprovalStatus,
)
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    MODEL_DEPLOYMENT,
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    MODEL_PIPELINE,
    ModelPipelineSpec,
    ModelPipelineStatus,
)
from tidewheel_contracts.api.v1alpha1.model_version import (
    MODEL_VERSION,
    ModelVersionSpec,
    version_name,
)
from tidewheel_contracts.api.v1alpha1.run_result import Artifact, RunResult, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TRAINING_RUN, TrainingRunSpec

Object = dict[str, Any]

NAMESPACE = "ml"
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
CREATED = NOW - timedelta(hours=1)


def time_text(moment: datetime) -> str:
    """Return a moment as Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(text: str) -> str:
    """Return the digest of something that a test only needs a name for."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def stored(manifest: Object, status: Object | None = None, **metadata: Any) -> Object:
    """Return an object as the API server gives it back."""
    item = copy.deepcopy(manifest)
    given = {
        "uid": f"uid-{item['kind'].lower()}-{item['metadata']['name']}",
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": time_text(CREATED),
    }
    item["metadata"] = {**given, **item["metadata"], **metadata}
    if status is not None:
        item["status"] = status
    return item


def make_object(
    kind: Kind, name: str, spec: ApiModel, status: Status | None = None, **metadata: Any
) -> Object:
    """Return an object of one of our kinds."""
    manifest = {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec.to_wire(),
    }
    return stored(manifest, status.to_wire() if status is not None else None, **metadata)


def make_store(metadata: Mapping[str, Any] | None = None, **spec: Any) -> Object:
    """Return the namespace's ArtifactStore."""
    values = {"endpoint": "http://s3.test:8333", "bucket": "data", "secret_name": "s3-keys", **spec}
    parsed = ArtifactStoreSpec.model_validate(values)
    return make_object(ARTIFACT_STORE, "default", parsed, **(metadata or {}))


def make_dataset(
    name: str = "flights",
    status: DatasetStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a Dataset with a time column."""
    values = {
        "source": {"s3": {"prefix": "raw/flights/"}},
        "target": {"column": "late"},
        "time": {"column": "scheduled_departure"},
        **spec,
    }
    return make_object(
        DATASET, name, DatasetSpec.model_validate(values), status, **(metadata or {})
    )


CANDIDATE = {
    "name": "boosting",
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
}


IMPORTED = {
    "file": "theirs.skops",
    "digest": digest("theirs"),
    "trained_through": "2026-01-31T23:59:59Z",
    "requester": "jane",
}


def make_run(
    name: str = "by-hand",
    status: TrainingRunStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    cause: Cause | None = None,
    fingerprint: str = "",
    **spec: Any,
) -> Object:
    """Return a run; one with a cause is labelled as the operator or the webhook does it."""
    values = {
        "candidates": [CANDIDATE],
        "dataset_name": "flights",
        "model_name": "flight-delay",
        **spec,
    }
    extra = dict(metadata or {})
    if cause is not None:
        extra["labels"] = {labels.CAUSE: cause.value, **extra.get("labels", {})}
        extra["annotations"] = {labels.FINGERPRINT: fingerprint, **extra.get("annotations", {})}
    return make_object(TRAINING_RUN, name, TrainingRunSpec.model_validate(values), status, **extra)


def make_version(
    number: int = 1,
    model: str = "flight-delay",
    run_uid: str = "uid-trainingrun-by-hand",
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a ModelVersion."""
    values = {
        "model_name": model,
        "number": number,
        "artifact": make_artifact(f"{model} {number}"),
        "run": {"name": "by-hand", "uid": run_uid},
        "cause": Cause.DEMAND,
        "dataset_name": "flights",
        "snapshot_digest": digest("snapshot one"),
        "training_rows": 1000,
        "candidate": "boosting",
        "verdict": Verdict.PASSED,
        **spec,
    }
    parsed = ModelVersionSpec.model_validate(values)
    return make_object(MODEL_VERSION, version_name(model, number), parsed, **(metadata or {}))


def make_approval(
    name: str = "approval",
    number: int = 1,
    status: ModelApprovalStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a ModelApproval that approves version `number` of the model."""
    values = {
        "model_version_name": version_name("flight-delay", number),
        "decision": ApprovalDecision.APPROVED,
        "reason": "good",
        "approver": "jane",
        **spec,
    }
    parsed = ModelApprovalSpec.model_validate(values)
    return make_object(MODEL_APPROVAL, name, parsed, status, **(metadata or {}))


def make_alias(
    alias: str = "prod",
    number: int = 1,
    status: ModelAliasStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a ModelAlias that points at version `number` of the model."""
    values = {
        "model_name": "flight-delay",
        "alias": alias,
        "number": number,
        "changed_by": "jane",
        "reason": "good",
        **spec,
    }
    parsed = ModelAliasSpec.model_validate(values)
    name = alias_object_name(parsed.model_name, parsed.alias)
    return make_object(MODEL_ALIAS, name, parsed, status, **(metadata or {}))


def make_deployment(
    name: str = "flight-delay",
    status: ModelDeploymentStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a ModelDeployment."""
    parsed = ModelDeploymentSpec.model_validate({"model_name": "flight-delay", **spec})
    return make_object(MODEL_DEPLOYMENT, name, parsed, status, **(metadata or {}))


def make_pipeline(
    name: str = "flight-delay",
    status: ModelPipelineStatus | None = None,
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """Return a ModelPipeline that owns its deployment."""
    values = {
        "dataset_name": "flights",
        "training": {"candidates": [CANDIDATE]},
        **({} if "deployment_name" in spec else {"deployment": {}}),
        **spec,
    }
    parsed = ModelPipelineSpec.model_validate(values)
    return make_object(MODEL_PIPELINE, name, parsed, status, **(metadata or {}))


def make_snapshot(name: str = "snapshot one", labelled_rows: int = 1000) -> Snapshot:
    """Return a snapshot as a Dataset's status holds it."""
    return Snapshot(
        digest=digest(name),
        manifest_key=f"tidewheel/ml/datasets/flights/snapshots/{digest(name)[7:]}.json",
        rows=labelled_rows,
        labelled_rows=labelled_rows,
        size_bytes=1_000_000,
        parts=1,
        latest_time="2026-11-20T00:00:00Z",
    )


def snapshot_reference(snapshot: Snapshot) -> SnapshotReference:
    """Return how runs name a snapshot."""
    return SnapshotReference(
        digest=snapshot.digest,
        manifest_key=snapshot.manifest_key,
        labelled_rows=snapshot.labelled_rows,
    )


def make_artifact(name: str = "artifact") -> Artifact:
    """Return an artifact as a run's result names it."""
    return Artifact(
        manifest_key=f"tidewheel/ml/models/flight-delay/{name.replace(' ', '-')}/manifest.json",
        manifest_digest=digest(f"manifest of {name}"),
        digest=digest(f"files of {name}"),
        size_bytes=50_000,
    )


def make_result(verdict: Verdict = Verdict.PASSED, **changes: Any) -> RunResult:
    """Return what a training Job reports; a passing one has published its artifact."""
    has_passed = verdict in (Verdict.PASSED, Verdict.UNTESTED)
    values = {
        "verdict": verdict,
        "verdict_reason": "NotWorse",
        "message": "roc_auc 0.7300",
        "compared_with": "Nothing",
        "candidate": "boosting",
        "test_rows": 200,
        "training_rows": 1000,
        "trained_through": "2026-11-20T00:00:00Z",
        "artifact": make_artifact() if has_passed else None,
        **changes,
    }
    return RunResult.model_validate(values)


def models_of(kind: str) -> tuple[type[ApiModel], type[Status]]:
    """Return the models of a kind's spec and status."""
    found = next(item for item in KINDS if item.name == kind)
    status = found.status
    assert issubclass(status, Status)
    return found.spec, status
