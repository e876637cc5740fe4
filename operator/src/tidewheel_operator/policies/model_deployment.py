"""ModelDeployment: which versions run in which role, and when the champion changes.

    registered -> Candidate (Deployment starts) -> all pods answer -> Champion
                                                   the one before  -> Warm -> removed

Roles are intents: they go into status first, and objects are made from the roles in status. So a
decision changes roles or objects, never both.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    DeployedVersion,
    ModelDeploymentStatus,
    Reason,
    Role,
    VersionState,
)
from tidewheel_contracts.serving import ServeRequest, store_of_servers
from tidewheel_operator.manifests.serving_deployment import ServingOwner, serving_deployment
from tidewheel_operator.manifests.serving_service import (
    endpoint_url,
    stable_service,
    version_service,
)
from tidewheel_operator.policies.conditions import stalled, summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.deployment_conditions import deployment_conditions
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.roles import Roles, next_roles, roles_of, warm_seconds_left
from tidewheel_operator.policies.workload_state import WorkloadState, number_of

__all__ = ["DeploymentDecision", "decide"]

Object = dict[str, Any]
DeploymentDecision = Decision[ModelDeploymentStatus]


def decide(view: ModelDeploymentView, now: datetime) -> DeploymentDecision:
    """Return the next step of a ModelDeployment."""
    before = roles_of(view.deployment.status)
    if view.store is None and (without_store := _without_store(view, before, now)) is not None:
        return without_store
    after = _next(view, before, view.workloads, now)
    if after != before:
        return _say(view, deployment_conditions(view, after), now, roles=after)
    return Decision(
        status=_status(view, deployment_conditions(view, before), before, now),
        apply=_wanted(view, before),
        delete=_unwanted(view, before),
        requeue_seconds=warm_seconds_left(before, view.deployment.spec, now),
    )


def _without_store(
    view: ModelDeploymentView, before: Roles, now: datetime
) -> DeploymentDecision | None:
    """Leave what serves, start nothing, and forget a candidate that the spec no longer wants."""
    wanted = _next(view, before, (), now)
    if not wanted.all:
        return None
    candidate = before.candidate if wanted.candidate == before.candidate else None
    message = "the namespace needs an ArtifactStore named 'default'"
    conditions = stalled(Reason.STORE_MISSING, message)
    return _say(view, conditions, now, roles=replace(before, candidate=candidate))


def _next(
    view: ModelDeploymentView, before: Roles, workloads: tuple[WorkloadState, ...], now: datetime
) -> Roles:
    spec, registered = view.deployment.spec, view.versions
    return next_roles(before, spec, registered, view.approvals, workloads, now, view.aliases)


def _owner(view: ModelDeploymentView) -> ServingOwner:
    metadata = view.deployment.metadata
    return ServingOwner(metadata.name, metadata.namespace, metadata.uid)


def _wanted(view: ModelDeploymentView, roles: Roles) -> tuple[Object, ...]:
    owner = _owner(view)
    objects: list[Object] = []
    for state in roles.all:
        objects.append(_version_deployment(view, owner, state))
        objects.append(version_service(owner, state.number))
    if roles.champion is not None:
        objects.append(stable_service(owner, roles.champion.number))
    return tuple(objects)


def _version_deployment(
    view: ModelDeploymentView, owner: ServingOwner, state: VersionState
) -> Object:
    if view.store is None:
        raise ValueError("versions with a role are served from a store; checked by the caller")
    spec = view.deployment.spec
    return serving_deployment(
        owner=owner,
        request=ServeRequest(
            store=store_of_servers(view.store, owner.namespace),
            model_name=spec.model_name,
            version_name=state.name,
            version_number=state.number,
            manifest_key=state.manifest_key,
            manifest_digest=state.manifest_digest,
            artifact_digest=state.artifact_digest,
        ),
        replicas=spec.replicas,
        resources=spec.resources,
        image=view.image,
    )


def _unwanted(view: ModelDeploymentView, roles: Roles) -> tuple[Object, ...]:
    """Return our objects of versions without a role; what has no number is not a version's."""
    numbers = {state.number for state in roles.all}
    return tuple(
        item
        for item in (*view.deployments, *view.services)
        if number_of(item) is not None and number_of(item) not in numbers
    )


def _say(
    view: ModelDeploymentView,
    conditions: tuple[Condition, ...],
    now: datetime,
    *,
    roles: Roles | None = None,
) -> DeploymentDecision:
    held = roles or roles_of(view.deployment.status)
    return Decision(status=_status(view, conditions, held, now))


def _status(
    view: ModelDeploymentView,
    conditions: tuple[Condition, ...],
    roles: Roles,
    now: datetime,
) -> ModelDeploymentStatus:
    before, metadata = view.deployment.status, view.deployment.metadata
    has_endpoint = roles.champion is not None
    return before.model_copy(
        update={
            "observed_generation": metadata.generation,
            "conditions": summary(before.conditions, metadata, now, conditions),
            "champion": roles.champion,
            "candidate": roles.candidate,
            "warm": roles.warm,
            "versions": _deployed(view, roles),
            "endpoint": endpoint_url(_owner(view), view.deployment.spec.model_name)
            if has_endpoint
            else None,
        }
    )


def _deployed(view: ModelDeploymentView, roles: Roles) -> tuple[DeployedVersion, ...]:
    states = {workload.number: workload for workload in view.workloads}
    rows = [
        (state.number, role)
        for role, held in (
            (Role.CHAMPION, (roles.champion,)),
            (Role.CANDIDATE, (roles.candidate,)),
            (Role.WARM, roles.warm),
        )
        for state in held
        if state is not None
    ]
    return tuple(
        DeployedVersion(
            number=number,
            role=role,
            replicas=view.deployment.spec.replicas,
            ready_replicas=states[number].ready_replicas if number in states else 0,
        )
        for number, role in sorted(rows)
    )
