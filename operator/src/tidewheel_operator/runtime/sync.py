"""Filling the cache at the start, and finding deletions that the watches missed."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from tidewheel_contracts.api.kind import GROUP
from tidewheel_operator.runtime.api import ApiUnavailableError, KubernetesApi
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import OWN_RESOURCES, RESOURCES

__all__ = ["fill", "missing_definitions", "verify"]

_LOG = logging.getLogger(__name__)


async def missing_definitions(api: KubernetesApi) -> list[str]:
    """Return the names of our CustomResourceDefinitions that are not served yet.

    Raises:
        ApiUnavailableError: the API server did not answer.
    """
    established = {
        str(item["metadata"]["name"])
        for item in await api.list_definitions()
        if any(
            condition["type"] == "Established" and condition["status"] == "True"
            for condition in (item.get("status") or {}).get("conditions") or ()
        )
    }
    wanted = [f"{resource.plural}.{GROUP}" for resource in OWN_RESOURCES]
    return [name for name in wanted if name not in established]


async def fill(api: KubernetesApi, cache: Cache, namespaces: Sequence[str]) -> None:
    """Read every watched object once: from here on, absence from the cache means something."""
    for resource in RESOURCES:
        for namespace in namespaces or (None,):
            for item in await api.list_all(resource, namespace, resource.selector):
                cache.put(resource, item)


async def verify(
    api: KubernetesApi, cache: Cache, namespaces: Sequence[str], pauses: Iterable[float]
) -> None:
    """Compare cache and server after each pause of so many seconds; forget what is gone."""
    for seconds in pauses:
        await asyncio.sleep(seconds)
        try:
            await _verify_once(api, cache, namespaces)
        except ApiUnavailableError as error:
            _LOG.warning("cache not verified: %s", error)


async def _verify_once(api: KubernetesApi, cache: Cache, namespaces: Sequence[str]) -> None:
    for resource in RESOURCES:
        # Taken before the list, so that an object made meanwhile is not taken for a ghost.
        known = {item["metadata"]["uid"]: item["metadata"] for item in cache.all(resource)}
        live: set[str] = set()
        for namespace in namespaces or (None,):
            for item in await api.list_all(resource, namespace, resource.selector):
                live.add(item["metadata"]["uid"])
                cache.put(resource, item)
        for uid in known.keys() - live:
            metadata = known[uid]
            _LOG.warning("%s %s is gone unnoticed", resource.kind, metadata["name"])
            after = int(metadata["resourceVersion"]) + 1
            cache.remove(resource, metadata["namespace"], metadata["name"], uid, after)
