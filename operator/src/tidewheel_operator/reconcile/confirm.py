"""Confirming by a live read what an irrevocable decision rests on: a cache may be late."""

from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Found
from tidewheel_operator.runtime.resources import Resource

__all__ = ["knew"]


async def knew(world: World, resource: Resource, namespace: str, name: str) -> bool:
    """Tell whether the cache had an object as it is; now it has.

    Raises:
        ApiUnavailableError: the API server did not answer, or does not let us read.
    """
    known = world.cache.get(resource, namespace, name)
    live = await world.api.get(resource, namespace, name)
    if isinstance(live, Found):
        return not world.cache.put(resource, live.object)
    if not live.is_missing:
        raise ApiUnavailableError(f"{resource.kind} '{name}' cannot be read: {live.message}")
    if known is None:
        return True
    world.cache.remove(resource, namespace, name, known["metadata"]["uid"])
    return False
