"""The shell of Dataset."""

from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_operator.policies import dataset as policy
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS

__all__ = ["RECONCILER"]


async def _decide(
    world: World, observed: Observed[DatasetSpec, DatasetStatus]
) -> Decision[DatasetStatus]:
    jobs, pods = await observe.jobs_with_pods(world, observed.metadata.uid)
    view = policy.DatasetView(
        dataset=observed,
        store=observe.store(world, observed.metadata.namespace),
        jobs=jobs,
        pods=pods,
        image=observe.trainer_image(world),
    )
    return policy.decide(view, world.clock())


RECONCILER = Reconciler(DATASETS, DatasetSpec, DatasetStatus, _decide)
