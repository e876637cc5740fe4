"""The shell of ModelVersion."""

from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_operator.policies import model_version as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import MODEL_VERSIONS

__all__ = ["RECONCILER"]


async def _decide(world: World, observed: Observed[ModelVersionSpec, Status]) -> Decision[Status]:
    metadata = observed.metadata
    approvals = observe.approvals_of_version(world, metadata.namespace, metadata.name)
    return policy.decide(observed, approvals, world.clock())


RECONCILER = Reconciler(MODEL_VERSIONS, ModelVersionSpec, Status, _decide)
