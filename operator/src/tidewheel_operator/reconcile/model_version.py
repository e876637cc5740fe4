"""The shell of ModelVersion."""

from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    ModelVersionStatus,
    ServingPeriod,
)
from tidewheel_operator.policies import model_version as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.serving_periods import Deployment, Deployments
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.indexes import DEPLOYMENTS_BY_CHAMPION
from tidewheel_operator.runtime.resources import MODEL_DEPLOYMENTS, MODEL_VERSIONS

__all__ = ["RECONCILER"]


async def _decide(world: World, version: policy.Version) -> Decision[ModelVersionStatus]:
    metadata = version.metadata
    approvals = observe.approvals_of_version(world, metadata.namespace, metadata.name)
    return policy.decide(version, approvals, await _deployments(world, version), world.clock())


async def _deployments(world: World, version: policy.Version) -> Deployments:
    """Return who serves the version, and what became of those who did when it was last looked."""
    namespace = version.metadata.namespace
    seen = {
        item.metadata.uid: item
        for item in observe.readable_by(
            world,
            DEPLOYMENTS_BY_CHAMPION,
            namespace,
            version.metadata.name,
            ModelDeploymentSpec,
            ModelDeploymentStatus,
        )
    }
    gone: set[str] = set()
    for period in version.status.serving:
        if period.deployment_uid in seen:
            continue
        if await _is_gone(world, namespace, period):
            gone.add(period.deployment_uid)
        elif (found := _known(world, namespace, period.deployment_name)) is not None:
            seen[found.metadata.uid] = found
    return Deployments(tuple(seen.values()), gone)


async def _is_gone(world: World, namespace: str, period: ServingPeriod) -> bool:
    """Tell whether the server has the deployment no more, which an old list does not prove."""
    known = world.cache.get(MODEL_DEPLOYMENTS, namespace, period.deployment_name)
    if known is not None and known["metadata"]["uid"] == period.deployment_uid:
        return False
    outcome = await world.api.get(MODEL_DEPLOYMENTS, namespace, period.deployment_name)
    if isinstance(outcome, Found):
        world.cache.put(MODEL_DEPLOYMENTS, outcome.object)
        uid: str = outcome.object["metadata"]["uid"]
        return uid != period.deployment_uid
    return outcome.is_missing


def _known(world: World, namespace: str, name: str) -> Deployment | None:
    return observe.readable(
        world, MODEL_DEPLOYMENTS, namespace, name, ModelDeploymentSpec, ModelDeploymentStatus
    )


RECONCILER = Reconciler(MODEL_VERSIONS, ModelVersionSpec, ModelVersionStatus, _decide)
