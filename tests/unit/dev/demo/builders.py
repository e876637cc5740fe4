"""Valid objects for the demo's tests; a test changes only the field that it is about."""

from typing import Any

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_dev.demo.state import Item, Run, Version

DIGEST = "sha256:" + "0" * 64
BOOSTING = {
    "name": "boosting",
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
}


def condition(kind: str, status: str, reason: str, message: str = "") -> Condition:
    return Condition(
        type=kind,
        status=ConditionStatus(status),
        last_transition_time="2025-01-01T00:00:00Z",
        reason=reason,
        message=message,
    )


def dataset(rows: int | None, *conditions: Condition) -> Item[DatasetSpec, DatasetStatus]:
    snapshot = {
        "digest": DIGEST,
        "manifestKey": "key",
        "rows": rows,
        "labelledRows": rows,
        "sizeBytes": 1,
        "parts": 1,
    }
    spec = {
        "source": {"s3": {"prefix": "raw/flights/"}},
        "target": {"column": "late"},
        "time": {"column": "scheduled_departure"},
    }
    status = {} if rows is None else {"snapshot": snapshot}
    return Item(
        "Dataset",
        "flights",
        "1",
        DatasetSpec.model_validate(spec),
        DatasetStatus.model_validate(status).model_copy(update={"conditions": conditions}),
    )


def run(cause: str, *conditions: Condition, name: str = "run-1", **status: Any) -> Run:
    spec = {"datasetName": "flights", "modelName": "flight-delay", "candidates": [BOOSTING]}
    found = TrainingRunStatus.model_validate({"trigger": {"cause": cause}, **status})
    return Item(
        "TrainingRun",
        name,
        "1",
        TrainingRunSpec.model_validate(spec),
        found.model_copy(update={"conditions": conditions}),
    )


def verdict(text: str) -> dict[str, Any]:
    return {
        "verdict": text,
        "verdictReason": "SameRecipe",
        "comparedWith": "Model",
        "candidate": "boosting",
    }


def version(number: int, cause: str) -> Version:
    spec = {
        "modelName": "flight-delay",
        "number": number,
        "artifact": {
            "manifestKey": "key",
            "manifestDigest": DIGEST,
            "digest": DIGEST,
            "sizeBytes": 1,
        },
        "run": {"name": "run-1", "uid": "uid-1"},
        "cause": cause,
        "datasetName": "flights",
        "snapshotDigest": DIGEST,
        "trainingRows": 50_009,
        "candidate": "boosting",
        "verdict": "Passed",
    }
    name = f"flight-delay-v{number}"
    return Item("ModelVersion", name, "1", ModelVersionSpec.model_validate(spec), Status())


def pipeline(*conditions: Condition) -> Item[ModelPipelineSpec, ModelPipelineStatus]:
    spec = {
        "datasetName": "flights",
        "training": {"candidates": [BOOSTING]},
        "deployment": {"replicas": 2},
    }
    return Item(
        "ModelPipeline",
        "flight-delay",
        "1",
        ModelPipelineSpec.model_validate(spec),
        ModelPipelineStatus(conditions=conditions),
    )


def deployment(
    champion: int | None, *conditions: Condition
) -> Item[ModelDeploymentSpec, ModelDeploymentStatus]:
    state = {
        "name": f"flight-delay-v{champion}",
        "number": champion,
        "manifestKey": "key",
        "manifestDigest": DIGEST,
        "artifactDigest": DIGEST,
        "sinceTime": "2025-01-01T00:00:00Z",
    }
    status = {} if champion is None else {"champion": state}
    return Item(
        "ModelDeployment",
        "flight-delay",
        "1",
        ModelDeploymentSpec(model_name="flight-delay"),
        ModelDeploymentStatus.model_validate(status).model_copy(update={"conditions": conditions}),
    )
