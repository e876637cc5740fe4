"""Children that lost our label: no watch tells of them until they have it again."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.metrics import WRITES
from tidewheel_operator.runtime.resources import Resource

__all__ = ["take_back"]

Object = dict[str, Any]


async def take_back(world: World, resource: Resource, live: Object) -> None:
    """Give a child that we create once its label back; one that is applied gets all of its own."""
    metadata = live["metadata"]
    if (metadata.get("labels") or {}).get(labels.MANAGED_BY) == labels.MANAGER:
        return
    manifest = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "labels": {labels.MANAGED_BY: labels.MANAGER},
        },
    }
    if world.restorations.seconds_to_wait(manifest, world.clock()) > 0:
        return
    outcome = await world.api.apply(resource, manifest)
    if isinstance(outcome, Found):
        world.restorations.note(manifest, world.clock())
        WRITES.labels(resource.kind, "apply").inc()
        world.cache.put(resource, outcome.object)
