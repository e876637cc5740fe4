"""The shell of ArtifactStore."""

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.policies import artifact_store as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import ARTIFACT_STORES

__all__ = ["RECONCILER"]


async def _decide(world: World, observed: Observed[ArtifactStoreSpec, Status]) -> Decision[Status]:
    return policy.decide(observed, world.clock())


RECONCILER = Reconciler(ARTIFACT_STORES, ArtifactStoreSpec, Status, _decide)
