"""All objects of the watched kinds, as the API server has them: what tests and actors look at."""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from tests.builders import Object
from tests.faults.cluster.direct import Direct

from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import RESOURCES, Resource

__all__ = ["Mirror"]

_RETRY_SECONDS = 0.2
# How often the mirror compares itself with a live LIST, and how long news may be under way.
_VERIFY_SECONDS = 10.0
_GRACE_SECONDS = 2.0
_AWAY = (aiohttp.ClientError, TimeoutError, ValueError)
_PLACE = tuple[str, str]


class Mirror:
    """Filled by watches in the loop of its thread; read from any thread, never changed there."""

    def __init__(
        self,
        direct: Direct,
        on_change: Callable[[str], None],
        verify_seconds: float = _VERIFY_SECONDS,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        self._direct = direct
        self._verify_seconds = verify_seconds
        self._grace_seconds = grace_seconds
        self._on_change = on_change
        self._objects: dict[Resource, dict[_PLACE, Object]] = {kind: {} for kind in RESOURCES}
        self._changed = threading.Condition()
        # Answers to writes come later than the news that the object is gone; uids never come back.
        self._gone: dict[str, float] = {}
        self._watching: dict[Resource, asyncio.Task[None]] = {}
        self._heard = dict.fromkeys(RESOURCES, time.monotonic())
        # What a live LIST knew and the watches had not told: when, and what it was.
        self.corrections: list[tuple[float, str]] = []

    async def run(self) -> None:
        """Follow all kinds until cancelled."""
        async with asyncio.TaskGroup() as group:
            for resource in RESOURCES:
                group.create_task(self._follow(resource))
                group.create_task(self._verify(resource))

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
        if _version(item) < self._gone.get(metadata["uid"], 0):
            return
        if known is not None and _version(known) >= _version(item):
            return
        self._objects[resource][place] = item
        self._tell(metadata["namespace"])

    def drop(self, resource: Resource, item: Object, version: float = math.inf) -> None:
        """Forget an object that is gone; a namesake stays.

        What is seen of it at `version` or later counts again.
        """
        metadata = item["metadata"]
        self._gone[metadata["uid"]] = max(version, self._gone.get(metadata["uid"], 0))
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
            watching = self._watching[resource] = asyncio.create_task(self._watch(resource))
            try:
                await asyncio.wait({watching})
            finally:
                # Waited for, so that its connection is closed before the session is.
                watching.cancel()
                await asyncio.wait({watching})
            if not watching.cancelled():
                watching.result()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _watch(self, resource: Resource) -> None:
        try:
            listed, version = await self._list(resource)
            self._correct(resource, listed, version)
            self._heard[resource] = time.monotonic()
            async for event in self._direct.watch(resource, version):
                if not self._take_in(resource, event):
                    break
        except _AWAY:
            # The server is away, or the kind is; both are what some tests are about.
            pass

    async def _verify(self, resource: Resource) -> None:
        """Compare the mirror with a live LIST again and again: a test must not blame the operator.

        What watches tell in their own time is no fault of theirs.
        """
        while True:
            await asyncio.sleep(self._verify_seconds)
            try:
                listed, version = await self._list(resource)
            except _AWAY:
                continue
            await asyncio.sleep(self._grace_seconds)
            silent = time.monotonic() - self._heard[resource]
            missed = self._correct(resource, listed, version)
            for told in missed:
                words = f"{told}; no event of {resource.plural} for {silent:.0f} s"
                self.corrections.append((time.monotonic(), words))
            if missed:
                self._watching[resource].cancel()

    def _correct(self, resource: Resource, listed: list[Object], version: str) -> list[str]:
        """Take in what a LIST knew, and return in words what was not known of it."""
        moment, uids = int(version), {item["metadata"]["uid"] for item in listed}
        zombies = [
            item
            for item in list(self._objects[resource].values())
            # What was made after the LIST is not in it.
            if item["metadata"]["uid"] not in uids and _version(item) <= moment
        ]
        for item in zombies:
            self.drop(resource, item, moment)
        unknown = [item for item in listed if self._lacks(resource, item)]
        for item in unknown:
            self.put(resource, item)
        return [
            *(f"{_named(resource, item)} was gone unnoticed" for item in zombies),
            *(f"{_named(resource, item)} was not known as it is" for item in unknown),
        ]

    def _lacks(self, resource: Resource, item: Object) -> bool:
        metadata = item["metadata"]
        if _version(item) < self._gone.get(metadata["uid"], 0):
            return False
        known = self._objects[resource].get((metadata["namespace"], metadata["name"]))
        return known is None or _version(known) < _version(item)

    async def _list(self, resource: Resource) -> tuple[list[Object], str]:
        code, answer = await self._direct.send("GET", resource.path(None))
        if code >= 300:
            raise aiohttp.ClientError(f"listing {resource.plural}: {answer}")
        kind: dict[str, Any] = {"apiVersion": resource.api_version, "kind": resource.kind}
        version: str = answer["metadata"]["resourceVersion"]
        return [{**kind, **item} for item in answer["items"]], version

    def _take_in(self, resource: Resource, event: Object) -> bool:
        self._heard[resource] = time.monotonic()
        if event["type"] == "ERROR":
            return False
        if event["type"] == "DELETED":
            self.drop(resource, event["object"], _version(event["object"]))
        else:
            self.put(resource, event["object"])
        return True

    def _tell(self, namespace: str) -> None:
        self._on_change(namespace)
        with self._changed:
            self._changed.notify_all()


def _named(resource: Resource, item: Object) -> str:
    metadata = item["metadata"]
    return f"{resource.kind} {metadata['namespace']}/{metadata['name']}"


def _version(item: Object) -> int:
    return int(item["metadata"]["resourceVersion"])
