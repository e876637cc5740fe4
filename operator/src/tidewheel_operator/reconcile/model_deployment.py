"""The shell of ModelDeployment."""

import dataclasses
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
    VersionPolicy,
)
from tidewheel_operator.policies import model_deployment as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.workload_state import WorkloadState, workload_state
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.indexes import PODS_BY_DEPLOYMENT
from tidewheel_operator.runtime.resources import DEPLOYMENTS, MODEL_DEPLOYMENTS, SERVICES

__all__ = ["RECONCILER"]

Object = dict[str, Any]


async def _decide(
    world: World, observed: Observed[ModelDeploymentSpec, ModelDeploymentStatus]
) -> Decision[ModelDeploymentStatus]:
    metadata = observed.metadata
    roles = (observed.status.champion, observed.status.candidate)
    await observe.confirm_versions(
        world,
        metadata.namespace,
        observed.spec.model_name,
        [state.number for state in roles if state is not None],
    )
    deployments = tuple(world.cache.children(DEPLOYMENTS, metadata.uid))
    view = ModelDeploymentView(
        deployment=observed,
        versions=observe.versions_of(world, metadata.namespace, observed.spec.model_name),
        approvals=observe.approvals_of_model(world, metadata.namespace, observed.spec.model_name),
        aliases=observe.aliases_of_model(world, metadata.namespace, observed.spec.model_name),
        store=observe.store(world, metadata.namespace),
        deployments=deployments,
        services=tuple(world.cache.children(SERVICES, metadata.uid)),
        workloads=tuple(
            state
            for item in deployments
            if (state := _workload(world, metadata.namespace, item)) is not None
        ),
        image=observe.server_image(world),
    )
    decision = policy.decide(view, world.clock())
    before, after = observed.status, decision.status
    if (before.champion, before.candidate) == (after.champion, after.candidate):
        return decision
    confirmed = await _confirmed(world, view)
    return decision if confirmed is view else policy.decide(confirmed, world.clock())


async def _confirmed(world: World, view: ModelDeploymentView) -> ModelDeploymentView:
    """Return the view with what people decided as the server has it: it is about to move traffic.

    An approval, or an alias, that an old list shows would move it back and forth.
    """
    spec, namespace = view.deployment.spec, view.deployment.metadata.namespace
    model, choice = spec.model_name, spec.version
    if choice.policy == VersionPolicy.LATEST_APPROVED:
        approvals = await observe.confirm_approvals(world, namespace, model)
        return dataclasses.replace(view, approvals=approvals)
    if choice.policy == VersionPolicy.ALIAS and choice.alias is not None:
        aliases = await observe.confirm_alias(world, namespace, model, choice.alias)
        return dataclasses.replace(view, aliases=aliases)
    return view


def _workload(world: World, namespace: str, deployment: Object) -> WorkloadState | None:
    selector = deployment["spec"]["selector"]["matchLabels"]
    pods = [
        pod
        for pod in world.cache.find(PODS_BY_DEPLOYMENT, namespace, selector.get(labels.DEPLOYMENT))
        if "deletionTimestamp" not in pod["metadata"]
        and selector.items() <= (pod["metadata"].get("labels") or {}).items()
    ]
    return workload_state(deployment, pods)


RECONCILER = Reconciler(MODEL_DEPLOYMENTS, ModelDeploymentSpec, ModelDeploymentStatus, _decide)
