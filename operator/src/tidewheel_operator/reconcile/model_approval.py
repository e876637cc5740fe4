"""The shell of ModelApproval."""

from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalSpec, ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, ModelVersionStatus
from tidewheel_operator.policies import model_approval as policy
from tidewheel_operator.policies.approvals import Approval, identity_of
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.resources import MODEL_APPROVALS, MODEL_VERSIONS

__all__ = ["RECONCILER"]


async def _decide(world: World, approval: Approval) -> Decision[ModelApprovalStatus]:
    name, namespace = approval.spec.model_version_name, approval.metadata.namespace
    view = policy.ModelApprovalView(
        approval=approval,
        version=await _version(world, approval),
        approvals=observe.approvals_of_version(world, namespace, name),
    )
    return policy.decide(view, world.clock())


async def _version(world: World, approval: Approval) -> policy.Version | None:
    """Return the version, as the server has it unless it is known to be the one that was judged.

    What is recorded stays: by an old list it would be a version that has gone.
    """
    name, namespace = approval.spec.model_version_name, approval.metadata.namespace
    known = _cached(world, namespace, name)
    if known is not None and identity_of(known.spec) == approval.status.version:
        return known
    outcome = await world.api.get(MODEL_VERSIONS, namespace, name)
    if isinstance(outcome, Found):
        world.cache.put(MODEL_VERSIONS, outcome.object)
        return _cached(world, namespace, name)
    return None if outcome.is_missing else known


def _cached(world: World, namespace: str, name: str) -> policy.Version | None:
    return observe.readable(
        world, MODEL_VERSIONS, namespace, name, ModelVersionSpec, ModelVersionStatus
    )


RECONCILER = Reconciler(MODEL_APPROVALS, ModelApprovalSpec, ModelApprovalStatus, _decide)
