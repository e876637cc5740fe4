"""By what objects are found besides their names: declared once, kept up by the cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_version import model_of_version
from tidewheel_operator.runtime.fields import field_at, text_at
from tidewheel_operator.runtime.resources import (
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    PODS,
    TRAINING_RUNS,
    Resource,
)

__all__ = [
    "ALIASES_BY_MODEL",
    "APPROVALS_BY_MODEL",
    "APPROVALS_BY_VERSION",
    "DEPLOYMENTS_BY_CHAMPION",
    "DEPLOYMENTS_BY_MODEL",
    "INDEXES",
    "OPEN_RUNS",
    "OPEN_RUNS_BY_DATASET",
    "OPEN_RUNS_BY_MODEL",
    "OPEN_RUNS_BY_PIPELINE",
    "PIPELINES_BY_DATASET",
    "PIPELINES_BY_DEPLOYMENT",
    "PIPELINES_BY_MODEL",
    "PODS_BY_DEPLOYMENT",
    "PODS_BY_RAY_JOB",
    "RUNS_BY_PIPELINE",
    "VERSIONS_BY_MODEL",
    "Index",
]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Objects of a kind and a namespace by a text in them; those without one are not in it."""

    resource: Resource
    text_of: Callable[[Object], str | None]


def _spec(field: str) -> Callable[[Object], str | None]:
    def text_of(item: Object) -> str | None:
        return text_at(item, "spec", field)

    return text_of


def _while_open(text_of: Callable[[Object], str | None]) -> Callable[[Object], str | None]:
    """What has ended is woken by nothing but its own change."""

    def text_of_open(item: Object) -> str | None:
        is_open = not field_at(item, "status", "completionTime")
        return text_of(item) if is_open else None

    return text_of_open


def _pipeline_model(item: Object) -> str | None:
    return text_at(item, "spec", "modelName") or text_at(item, "metadata", "name")


def _judged_model(item: Object) -> str | None:
    return model_of_version(text_at(item, "spec", "modelVersionName") or "")


def _champion(deployment: Object) -> str | None:
    return text_at(deployment, "status", "champion", "name")


def _serving_deployment(pod: Object) -> str | None:
    return text_at(pod, "metadata", "labels", labels.DEPLOYMENT)


def _ray_job(pod: Object) -> str | None:
    return text_at(pod, "metadata", "labels", labels.RAY_JOB)


ALIASES_BY_MODEL = Index(MODEL_ALIASES, _spec("modelName"))
APPROVALS_BY_MODEL = Index(MODEL_APPROVALS, _judged_model)
APPROVALS_BY_VERSION = Index(MODEL_APPROVALS, _spec("modelVersionName"))
RUNS_BY_PIPELINE = Index(TRAINING_RUNS, _spec("pipelineName"))
OPEN_RUNS = Index(TRAINING_RUNS, _while_open(lambda _: "open"))
OPEN_RUNS_BY_DATASET = Index(TRAINING_RUNS, _while_open(_spec("datasetName")))
OPEN_RUNS_BY_MODEL = Index(TRAINING_RUNS, _while_open(_spec("modelName")))
OPEN_RUNS_BY_PIPELINE = Index(TRAINING_RUNS, _while_open(_spec("pipelineName")))
VERSIONS_BY_MODEL = Index(MODEL_VERSIONS, _spec("modelName"))
DEPLOYMENTS_BY_CHAMPION = Index(MODEL_DEPLOYMENTS, _champion)
DEPLOYMENTS_BY_MODEL = Index(MODEL_DEPLOYMENTS, _spec("modelName"))
PIPELINES_BY_DATASET = Index(MODEL_PIPELINES, _spec("datasetName"))
PIPELINES_BY_DEPLOYMENT = Index(MODEL_PIPELINES, _spec("deploymentName"))
PIPELINES_BY_MODEL = Index(MODEL_PIPELINES, _pipeline_model)
PODS_BY_DEPLOYMENT = Index(PODS, _serving_deployment)
PODS_BY_RAY_JOB = Index(PODS, _ray_job)

INDEXES = (
    ALIASES_BY_MODEL,
    APPROVALS_BY_MODEL,
    APPROVALS_BY_VERSION,
    RUNS_BY_PIPELINE,
    OPEN_RUNS,
    OPEN_RUNS_BY_DATASET,
    OPEN_RUNS_BY_MODEL,
    OPEN_RUNS_BY_PIPELINE,
    VERSIONS_BY_MODEL,
    DEPLOYMENTS_BY_CHAMPION,
    DEPLOYMENTS_BY_MODEL,
    PIPELINES_BY_DATASET,
    PIPELINES_BY_DEPLOYMENT,
    PIPELINES_BY_MODEL,
    PODS_BY_DEPLOYMENT,
    PODS_BY_RAY_JOB,
)
