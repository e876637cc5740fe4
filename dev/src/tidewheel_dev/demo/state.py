"""Everything Tidewheel says in one namespace at one moment, read in typed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.kind import GROUP, VERSION, Kind
from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import DATASET, DatasetSpec, DatasetStatus
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
from tidewheel_contracts.api.v1alpha1.model_version import MODEL_VERSION, ModelVersionSpec
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TRAINING_RUN, TrainingRunSpec
from tidewheel_dev import api

__all__ = ["Item", "Run", "State", "Version", "read_state"]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)


@dataclass(frozen=True, slots=True)
class Item(Generic[SpecT, StatusT]):
    """One object."""

    kind: str
    name: str
    created: str
    spec: SpecT
    status: StatusT

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of one type."""
        return next((item for item in self.status.conditions if item.type == kind), None)

    def is_true(self, kind: str) -> bool:
        """Say whether a condition holds."""
        found = self.condition(kind)
        return found is not None and found.status == ConditionStatus.TRUE

    def told(self) -> str:
        """Return what the object says of itself, as one sentence."""
        found = self.condition("Stalled") or self.condition("Ready")
        if found is None:
            return f"{self.kind} '{self.name}' has no conditions yet"
        return f"{self.kind} '{self.name}' says {found.reason}: {found.message}"


Run = Item[TrainingRunSpec, TrainingRunStatus]
Version = Item[ModelVersionSpec, Status]


@dataclass(frozen=True, slots=True)
class State:
    """The objects of one namespace, oldest first."""

    datasets: tuple[Item[DatasetSpec, DatasetStatus], ...] = ()
    pipelines: tuple[Item[ModelPipelineSpec, ModelPipelineStatus], ...] = ()
    runs: tuple[Run, ...] = ()
    versions: tuple[Version, ...] = ()
    deployments: tuple[Item[ModelDeploymentSpec, ModelDeploymentStatus], ...] = ()

    @property
    def items(self) -> tuple[Item[Any, Any], ...]:
        """Return all objects, in the order of the loop."""
        return (
            *self.datasets,
            *self.pipelines,
            *self.runs,
            *self.versions,
            *self.deployments,
        )

    def dataset(self, name: str) -> Item[DatasetSpec, DatasetStatus] | None:
        """Return one Dataset."""
        return next((item for item in self.datasets if item.name == name), None)

    def pipeline(self, name: str) -> Item[ModelPipelineSpec, ModelPipelineStatus] | None:
        """Return one ModelPipeline."""
        return next((item for item in self.pipelines if item.name == name), None)

    def deployment(self, name: str) -> Item[ModelDeploymentSpec, ModelDeploymentStatus] | None:
        """Return one ModelDeployment."""
        return next((item for item in self.deployments if item.name == name), None)


def read_state(server: api.Api, namespace: str) -> State:
    """Return what the API server has now."""

    def read(
        kind: Kind, spec: type[SpecT], status: type[StatusT]
    ) -> tuple[Item[SpecT, StatusT], ...]:
        path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{kind.plural}"
        found = [_item(kind.name, each, spec, status) for each in server.get(path)["items"]]
        return tuple(sorted(found, key=lambda item: (item.created, item.name)))

    return State(
        datasets=read(DATASET, DatasetSpec, DatasetStatus),
        pipelines=read(MODEL_PIPELINE, ModelPipelineSpec, ModelPipelineStatus),
        runs=read(TRAINING_RUN, TrainingRunSpec, TrainingRunStatus),
        versions=read(MODEL_VERSION, ModelVersionSpec, Status),
        deployments=read(MODEL_DEPLOYMENT, ModelDeploymentSpec, ModelDeploymentStatus),
    )


def _item(
    kind: str, written: Mapping[str, Any], spec: type[SpecT], status: type[StatusT]
) -> Item[SpecT, StatusT]:
    metadata = written["metadata"]
    return Item(
        kind=kind,
        name=metadata["name"],
        created=metadata["creationTimestamp"],
        spec=spec.model_validate(written["spec"]),
        status=status.model_validate(written.get("status", {})),
    )
