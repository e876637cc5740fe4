"""ModelDeployments as they are seen, and what their status says."""

from typing import Any

from tests.builders import Object, make_deployment, make_store
from tests.unit.operator.observations import SERVER, conditions, observed
from tests.unit.operator.policies.served import state, versions

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    DeployedVersion,
    ModelDeploymentStatus,
    Role,
)
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.workload_state import WorkloadState

__all__ = ["ENDPOINT", "FOLLOWING", "SERVING", "row", "status", "view"]
ENDPOINT = "http://flight-delay.ml.svc/v2/models/flight-delay"


def view(
    status: ModelDeploymentStatus | None = None,
    *,
    registered: tuple[int, ...] = (),
    approvals: tuple[Approval, ...] = (),
    workloads: tuple[WorkloadState, ...] = (),
    deployments: tuple[Object, ...] = (),
    services: tuple[Object, ...] = (),
    has_store: bool = True,
    aliases: tuple[ModelAliasSpec, ...] = (),
    **spec: Any,
) -> ModelDeploymentView:
    return ModelDeploymentView(
        deployment=observed(make_deployment(status=status, **spec)),
        versions=versions(*registered),
        approvals=approvals,
        store=observed(make_store()).spec if has_store else None,
        deployments=deployments,
        services=services,
        workloads=workloads,
        image=SERVER,
        aliases=aliases,
    )


def status(*said: Condition, **fields: Any) -> ModelDeploymentStatus:
    return ModelDeploymentStatus(observed_generation=1, conditions=said, **fields)


def row(number: int, role: Role, ready: int = 1) -> DeployedVersion:
    return DeployedVersion(number=number, role=role, replicas=1, ready_replicas=ready)


SERVING = status(
    *conditions("Serving", "version 1 serves", ready="True"),
    champion=state(1),
    versions=(row(1, Role.CHAMPION),),
    endpoint=ENDPOINT,
)


FOLLOWING: dict[str, Any] = {"version": {"policy": "Alias", "alias": "prod"}}
