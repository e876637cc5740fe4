"""The shell of Dataset."""

from dataclasses import replace

from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_operator.policies import dataset as policy
from tidewheel_operator.policies.dataset_view import Dataset, DatasetView
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.snapshots_in_use import snapshots_in_use
from tidewheel_operator.reconcile.step import Reconciler
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS

__all__ = ["RECONCILER", "view_without_jobs"]


async def _decide(world: World, observed: Dataset) -> Decision[DatasetStatus]:
    jobs, pods = await observe.jobs_with_pods(world, observed.metadata.uid)
    view = replace(view_without_jobs(world, observed), jobs=jobs, pods=pods)
    now = world.clock()
    if policy.is_prune_next(view, now):
        view = replace(view, snapshots_in_use=await snapshots_in_use(world, observed))
    return policy.decide(view, now)


def view_without_jobs(world: World, observed: Dataset) -> DatasetView:
    """Return what is known of a Dataset besides its Jobs."""
    return DatasetView(
        dataset=observed,
        store=observe.store(world, observed.metadata.namespace),
        jobs=(),
        pods={},
        image=observe.trainer_image(world),
        egress=world.settings.egress,
    )


RECONCILER = Reconciler(DATASETS, DatasetSpec, DatasetStatus, _decide, policy.block)
