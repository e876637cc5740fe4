"""Filling the cache at the start."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.builders import NAMESPACE, NOW, Object, make_dataset, make_run, make_store
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.observations import as_sent, train_job

from tidewheel_contracts import labels
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
    DATASETS,
    JOBS,
    OWN_RESOURCES,
    RESOURCES,
    Resource,
    resource_of,
)
from tidewheel_operator.runtime.sync import fill, fill_kind, missing_definitions


class FakeApi(MemoryApi):
    """An API server in memory with CustomResourceDefinitions and bad moments."""

    def __init__(self, *items: Object) -> None:
        super().__init__(MemoryServer(lambda: NOW))
        for item in items:
            self.server.create(resource_of(item), as_sent(item))
        self.definitions: list[Object] = []
        self.failures = 0
        self.asked = 0

    async def list_definitions(self) -> list[Object]:
        """Read all CustomResourceDefinitions."""
        return self.definitions

    async def pages(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> AsyncIterator[list[Object]]:
        """Fail as often as told, then read an object a page."""
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise ApiUnavailableError("rolling")
        for item in await self.list_all(resource, namespace, selector):
            yield [item]


def definition(plural: str, established: str | None = "True") -> Object:
    conditions = [{"type": "Established", "status": established}] if established else []
    return {"metadata": {"name": f"{plural}.tidewheel.dev"}, "status": {"conditions": conditions}}


ALL = [definition(resource.plural) for resource in OWN_RESOURCES]


@pytest.mark.parametrize(
    ("definitions", "missing"),
    [
        pytest.param(ALL, [], id="nothing"),
        pytest.param(
            [],
            [f"{resource.plural}.tidewheel.dev" for resource in OWN_RESOURCES],
            id="all of them",
        ),
        pytest.param(ALL[1:], ["artifactstores.tidewheel.dev"], id="one of them"),
        pytest.param(
            [definition("artifactstores", "False"), *ALL[1:]],
            ["artifactstores.tidewheel.dev"],
            id="one that is not established",
        ),
        pytest.param(
            [definition("artifactstores", None), *ALL[1:]],
            ["artifactstores.tidewheel.dev"],
            id="one without a status yet",
        ),
        pytest.param([*ALL, definition("others")], [], id="nothing beside other people's"),
    ],
)
def test_missing_definitions_are_named(definitions: list[Object], missing: list[str]) -> None:
    api: Any = FakeApi()
    api.definitions = definitions

    assert asyncio.run(missing_definitions(api)) == missing


def filled(api: Any, *namespaces: str) -> Cache:
    cache = Cache()
    asyncio.run(fill(api, cache, namespaces))
    return cache


def test_cache_is_filled_with_our_kinds_and_our_children() -> None:
    stranger = train_job(make_run("other"))
    del stranger["metadata"]["labels"][labels.MANAGED_BY]
    api = FakeApi(make_store(), make_dataset(), train_job(make_run()), stranger)

    cache = filled(api)

    assert len(cache.all(ARTIFACT_STORES)) == len(cache.all(DATASETS)) == 1
    assert [item["metadata"]["uid"] for item in cache.all(JOBS)] == [
        item["metadata"]["uid"]
        for item in api.server.all(JOBS)
        if labels.MANAGED_BY in item["metadata"]["labels"]
    ]


def test_cache_is_filled_with_the_watched_namespaces_only() -> None:
    elsewhere = make_dataset(metadata={"namespace": "else"})
    other = make_dataset(metadata={"namespace": "other"})
    api = FakeApi(make_dataset(), elsewhere, other)

    cache = filled(api, NAMESPACE, "else")

    assert [item["metadata"]["namespace"] for item in cache.all(DATASETS)] == ["else", NAMESPACE]


def test_server_that_is_away_fills_nothing() -> None:
    api = FakeApi(make_dataset())
    api.failures = 1
    cache = Cache()

    with pytest.raises(ApiUnavailableError, match="rolling"):
        asyncio.run(fill(api, cache, ()))  # type: ignore[arg-type]

    # All kinds were asked for at once, so that a second try finds all of them open.
    assert api.asked == len(RESOURCES)


def test_one_kind_is_read_in_each_namespace() -> None:
    elsewhere = make_dataset("weather", metadata={"namespace": "else", "uid": "else"})
    api, cache = FakeApi(make_dataset(), elsewhere, make_store()), Cache()

    asyncio.run(fill_kind(api, cache, DATASETS, (NAMESPACE, "else")))  # type: ignore[arg-type]

    assert [item["metadata"]["name"] for item in cache.all(DATASETS)] == ["weather", "flights"]
    assert (cache.all(ARTIFACT_STORES), api.asked) == ([], 2)
