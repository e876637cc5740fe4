"""Comparing cache and server: finds what the watches missed, above all deletions.

A watch that was interrupted lists again and tells what is there, never what went meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from tidewheel_operator.logs import about
from tidewheel_operator.runtime.api import Api, ApiUnavailableError, Found
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.clock import elapsed_seconds
from tidewheel_operator.runtime.metrics import MISSED_CHANGES
from tidewheel_operator.runtime.resources import RESOURCES, Resource
from tidewheel_operator.runtime.vitals import Vitals

__all__ = ["Verifier"]

Object = dict[str, Any]
_LOG = logging.getLogger(__name__)
# After a watch has listed again: time enough for what it lists to arrive.
_SOON_SECONDS = 30.0
_RETRY_SECONDS = 30.0


class Verifier:
    """Verifies every kind again and again, and soon after its watch was interrupted."""

    def __init__(
        self,
        api: Api,
        cache: Cache,
        namespaces: Sequence[str],
        every_seconds: float,
        vitals: Vitals,
        clock: Callable[[], float] = elapsed_seconds,
    ) -> None:
        self._api = api
        self._cache = cache
        self._namespaces = namespaces or (None,)
        self._every = every_seconds
        self._soon = min(_SOON_SECONDS, every_seconds)
        self._vitals = vitals
        self._clock = clock
        # The first look finds what was deleted between our listing and the start of the watches.
        self._due = dict.fromkeys(RESOURCES, clock() + self._soon)
        self._earlier = asyncio.Event()

    def include(self, resource: Resource) -> None:
        """From now on, verify a further kind too."""
        self._due[resource] = self._clock() + self._soon
        self._earlier.set()

    def soon(self, resource: Resource) -> None:
        """Verify a kind soon: its watch was interrupted."""
        due = self._clock() + self._soon
        if due < self._due[resource]:
            self._due[resource] = due
            self._earlier.set()

    async def run(self) -> None:
        """Verify until cancelled."""
        while True:
            resource = min(self._due, key=lambda one: self._due[one])
            wait = self._due[resource] - self._clock()
            if wait > 0:
                await self._wait(wait)
                continue
            self._due[resource] = self._clock() + await self._verified(resource)

    async def _wait(self, seconds: float) -> None:
        self._earlier.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._earlier.wait()
        except TimeoutError:
            return

    async def _verified(self, resource: Resource) -> float:
        """Verify a kind; return after how many seconds to do so again."""
        try:
            await self.verify(resource)
        except ApiUnavailableError as error:
            _LOG.warning("%s objects not verified: %s", resource.kind, error)
            return min(_RETRY_SECONDS, self._every)
        self._vitals.heard(resource)
        return self._every

    async def verify(self, resource: Resource) -> None:
        """Compare the cache of a kind with the server, and correct it.

        Raises:
            ApiUnavailableError: the API server did not answer.
        """
        # Taken before the list, so that an object made meanwhile is not taken for a ghost.
        known = {item["metadata"]["uid"]: item["metadata"] for item in self._cache.all(resource)}
        live: dict[str, Object] = {}
        for namespace in self._namespaces:
            for metadata in await self._api.list_metadata(resource, namespace, resource.selector):
                live[metadata["uid"]] = metadata
        for uid in known.keys() - live.keys():
            self._forget(resource, known[uid])
        for metadata in live.values():
            await self._catch_up(resource, metadata)

    def _forget(self, resource: Resource, metadata: Object) -> None:
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        known = self._cache.get(resource, namespace, name)
        if known is None or known["metadata"]["uid"] != uid:
            return
        _LOG.warning("gone unnoticed", extra=about(resource.kind, metadata))
        MISSED_CHANGES.labels(resource.kind).inc()
        self._cache.remove(resource, namespace, name, uid, int(metadata["resourceVersion"]) + 1)

    async def _catch_up(self, resource: Resource, metadata: Object) -> None:
        """Read an object that the cache does not know as it is."""
        namespace, name = metadata["namespace"], metadata["name"]
        if self._is_known(resource, metadata):
            return
        outcome = await self._api.get(resource, namespace, name)
        if isinstance(outcome, Found) and self._cache.put(resource, outcome.object):
            MISSED_CHANGES.labels(resource.kind).inc()

    def _is_known(self, resource: Resource, metadata: Object) -> bool:
        known = self._cache.get(resource, metadata["namespace"], metadata["name"])
        if known is None:
            return False
        return int(known["metadata"]["resourceVersion"]) >= int(metadata["resourceVersion"])
