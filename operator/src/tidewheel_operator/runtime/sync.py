"""Filling the cache at the start: from then on, absence from it means something."""

import asyncio
from collections.abc import Sequence

from tidewheel_contracts.api.kind import GROUP
from tidewheel_operator.runtime.api import KubernetesApi
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import OWN_RESOURCES, RESOURCES, Resource

__all__ = ["fill", "fill_kind", "missing_definitions"]


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
    """Read every watched object once.

    All kinds are asked for at once: the API server opens the storage of a new kind only when it is
    asked for, and answers 429 until then.

    Raises:
        ApiUnavailableError: the API server did not answer.
    """
    places = [(resource, place) for resource in RESOURCES for place in namespaces or (None,)]
    ends = await asyncio.gather(
        *(_read(api, cache, resource, place) for resource, place in places), return_exceptions=True
    )
    for end in ends:
        if end is not None:
            raise end


async def fill_kind(
    api: KubernetesApi, cache: Cache, resource: Resource, namespaces: Sequence[str]
) -> None:
    """Read every object of one kind once.

    Raises:
        ApiUnavailableError: the API server did not answer, does not serve the kind, or forbids it.
    """
    for place in namespaces or (None,):
        await _read(api, cache, resource, place)


async def _read(api: KubernetesApi, cache: Cache, resource: Resource, place: str | None) -> None:
    """Read one kind; a page is trimmed before the next one comes."""
    async for page in api.pages(resource, place, resource.selector):
        for item in page:
            cache.put(resource, item)
