"""All objects of the watched kinds, as the API server has them: what tests and actors look at."""

import asyncio
import threading
from collections.abc import Callable

import aiohttp
from tests.builders import Object
from tests.faults.cluster.direct import Direct

from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import RESOURCES, Resource

__all__ = ["Mirror"]

_RETRY_SECONDS = 0.2
_PLACE = tuple[str, str]


class Mirror:
    """Filled by watches in the loop of its thread; read from any thread, never changed there."""

    def __init__(self, direct: Direct, on_change: Callable[[str], None]) -> None:
        self._direct = direct
        self._on_change = on_change
        self._objects: dict[Resource, dict[_PLACE, Object]] = {kind: {} for kind in RESOURCES}
        self._changed = threading.Condition()

    async def run(self) -> None:
        """Follow all kinds until cancelled."""
        async with asyncio.TaskGroup() as group:
            for resource in RESOURCES:
                group.create_task(self._follow(resource))

    def all(self, resource: Resource, namespace: str) -> list[Object]:
        """Return the objects of a kind in a namespace, in order of their names."""
        # Copied at once, for the mirror's thread may be changing it.
        items = tuple(self._objects[resource].items())
        found = [(name, item) for (place, name), item in items if place == namespace]
        return [item for _, item in sorted(found, key=lambda entry: entry[0])]

    def everything(self, namespace: str) -> list[tuple[Resource, Object]]:
        """Return all objects of a namespace with their kinds."""
        return [(kind, item) for kind in RESOURCES for item in self.all(kind, namespace)]

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object, or nothing."""
        return self._objects[resource].get((namespace, name))

    def orphans(self, namespace: str) -> list[tuple[Resource, Object]]:
        """Return the objects whose controller is not known here, which may only be late news."""
        found = self.everything(namespace)
        uids = {item["metadata"]["uid"] for _, item in found}
        owners = ((resource, item, owner_of(item)) for resource, item in found)
        return [
            (resource, item)
            for resource, item, owner in owners
            if owner is not None and owner["uid"] not in uids
        ]

    def put(self, resource: Resource, item: Object) -> None:
        """Take an object in, unless a newer one is known."""
        metadata = item["metadata"]
        place = (metadata["namespace"], metadata["name"])
        known = self._objects[resource].get(place)
        if known is not None and _version(known) >= _version(item):
            return
        self._objects[resource][place] = item
        self._tell(metadata["namespace"])

    def drop(self, resource: Resource, item: Object) -> None:
        """Forget an object that is gone; a namesake stays."""
        metadata = item["metadata"]
        place = (metadata["namespace"], metadata["name"])
        known = self._objects[resource].get(place)
        if known is not None and known["metadata"]["uid"] == metadata["uid"]:
            del self._objects[resource][place]
            self._tell(metadata["namespace"])

    def wait(self, seconds: float) -> None:
        """Wait, in another thread, until something changes, but not longer than this."""
        with self._changed:
            self._changed.wait(seconds)

    async def _follow(self, resource: Resource) -> None:
        while True:
            try:
                version = await self._list(resource)
                async for event in self._direct.watch(resource, version):
                    if not self._take_in(resource, event):
                        break
            except (aiohttp.ClientError, TimeoutError, ValueError):
                # The server is away, or the kind is; both are what some tests are about.
                pass
            await asyncio.sleep(_RETRY_SECONDS)

    async def _list(self, resource: Resource) -> str:
        code, answer = await self._direct.send("GET", resource.path(None))
        if code >= 300:
            raise aiohttp.ClientError(f"listing {resource.plural}: {answer}")
        listed = {
            (item["metadata"]["namespace"], item["metadata"]["name"]): {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                **item,
            }
            for item in answer["items"]
        }
        for place in self._objects[resource].keys() - listed.keys():
            del self._objects[resource][place]
            self._tell(place[0])
        for item in listed.values():
            self.put(resource, item)
        version: str = answer["metadata"]["resourceVersion"]
        return version

    def _take_in(self, resource: Resource, event: Object) -> bool:
        if event["type"] == "ERROR":
            return False
        if event["type"] == "DELETED":
            self.drop(resource, event["object"])
        else:
            self.put(resource, event["object"])
        return True

    def _tell(self, namespace: str) -> None:
        self._on_change(namespace)
        with self._changed:
            self._changed.notify_all()


def _version(item: Object) -> int:
    return int(item["metadata"]["resourceVersion"])
