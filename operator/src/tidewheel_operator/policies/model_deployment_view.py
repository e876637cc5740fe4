"""What a decision about a ModelDeployment is made of."""

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_operator.manifests.job import ProgramImage
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.workload_state import WorkloadState

__all__ = ["ModelDeploymentView"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelDeploymentView:
    """All that is known of a ModelDeployment when a decision about it is made.

    `versions`, `approvals` and `aliases` are those of the model.
    """

    deployment: Observed[ModelDeploymentSpec, ModelDeploymentStatus]
    versions: tuple[ModelVersionSpec, ...]
    approvals: tuple[Approval, ...]
    store: ArtifactStoreSpec | None
    deployments: tuple[Object, ...]
    services: tuple[Object, ...]
    workloads: tuple[WorkloadState, ...]
    image: ProgramImage
    aliases: tuple[ModelAliasSpec, ...] = ()
