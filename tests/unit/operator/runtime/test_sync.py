"""Filling the cache at the start, and finding what the watches missed."""

import asyncio
from typing import Any

import pytest
from tests.builders import NAMESPACE, NOW, Object, make_dataset, make_run, make_store
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.observations import as_sent, train_job
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_contracts import labels
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
    DATASETS,
    JOBS,
    OWN_RESOURCES,
    Resource,
    resource_of,
)
from tidewheel_operator.runtime.sync import fill, missing_definitions, verify


class FakeApi(MemoryApi):
    """An API server in memory with CustomResourceDefinitions and bad moments."""

    def __init__(self, *items: Object) -> None:
        super().__init__(MemoryServer(lambda: NOW))
        for item in items:
            self.server.create(resource_of(item), as_sent(item))
        self.definitions: list[Object] = []
        self.failures = 0

    async def list_definitions(self) -> list[Object]:
        """Read all CustomResourceDefinitions."""
        return self.definitions

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Fail as often as told, then read."""
        if self.failures:
            self.failures -= 1
            raise ApiUnavailableError("rolling")
        return await super().list_all(resource, namespace, selector)


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
    assert cache.all(JOBS) == [
        item for item in api.server.all(JOBS) if labels.MANAGED_BY in item["metadata"]["labels"]
    ]


def test_cache_is_filled_with_the_watched_namespaces_only() -> None:
    elsewhere = make_dataset(metadata={"namespace": "else"})
    other = make_dataset(metadata={"namespace": "other"})
    api = FakeApi(make_dataset(), elsewhere, other)

    cache = filled(api, NAMESPACE, "else")

    assert [item["metadata"]["namespace"] for item in cache.all(DATASETS)] == ["else", NAMESPACE]


def verified(api: FakeApi, cache: Cache, times: int = 1) -> float:
    """Verify so many times; return how long that took."""

    async def scenario(loop: ManualLoop) -> float:
        await verify(api, cache, (), [600.0] * times)  # type: ignore[arg-type]
        return loop.now

    took: float = run(scenario)
    return took


def test_object_that_went_unnoticed_is_forgotten() -> None:
    api = FakeApi(make_dataset())
    cache = filled(api)
    heard: list[str] = []
    cache.subscribe(lambda resource, *_: heard.append(resource.kind))
    api.server.remove(DATASETS, make_dataset())

    verified(api, cache)

    assert (cache.all(DATASETS), heard) == ([], ["Dataset"])


def test_object_that_came_unnoticed_is_taken_in() -> None:
    api = FakeApi()
    cache = filled(api)
    api.server.create(DATASETS, as_sent(make_dataset()))

    verified(api, cache)

    assert len(cache.all(DATASETS)) == 1


def test_child_that_lost_its_label_unnoticed_may_come_back() -> None:
    api = FakeApi(train_job(make_run()))
    cache = filled(api)
    [job] = api.server.all(JOBS)
    stripped = api.server.edit(JOBS, job, lambda item: item["metadata"].update(labels={}))

    verified(api, cache)

    assert cache.all(JOBS) == []
    assert cache.put(JOBS, job) is False
    assert cache.put(JOBS, stripped) is True


def test_what_is_as_known_is_no_news() -> None:
    api = FakeApi(make_dataset(), make_store())
    cache = filled(api)
    heard: list[str] = []
    cache.subscribe(lambda resource, *_: heard.append(resource.kind))

    verified(api, cache)

    assert heard == []


def test_server_that_is_away_is_asked_again_next_time() -> None:
    api = FakeApi(make_dataset())
    cache = filled(api)
    api.server.remove(DATASETS, make_dataset())
    api.failures = 1

    assert verified(api, cache, times=2) == 1200.0
    assert cache.all(DATASETS) == []
