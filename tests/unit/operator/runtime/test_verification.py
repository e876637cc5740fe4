"""Comparing cache and server finds what no watch told of, and nothing else."""

import asyncio
from dataclasses import dataclass, field

import pytest
from tests.builders import NAMESPACE, NOW, Object, make_dataset, make_run, make_store
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.observations import as_sent, train_job
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.api import ApiUnavailableError, Outcome
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.metrics import MISSED_CHANGES
from tidewheel_operator.runtime.resources import (
    DATASETS,
    JOBS,
    RESOURCES,
    WORKLOADS,
    Resource,
    resource_of,
)
from tidewheel_operator.runtime.verification import Verifier
from tidewheel_operator.runtime.vitals import Vitals


@dataclass
class CountingApi(MemoryApi):
    """Notes what is asked for, and is away as often as told."""

    server: MemoryServer
    lists: list[tuple[float, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    failures: int = 0

    async def list_metadata(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Fail as often as told, then read."""
        self.lists.append((asyncio.get_running_loop().time(), resource.kind))
        if self.failures:
            self.failures -= 1
            raise ApiUnavailableError("rolling")
        return await super().list_metadata(resource, namespace, selector)

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        self.reads.append(name)
        return await super().get(resource, namespace, name)


@dataclass
class Place:
    """A server, and a cache that has seen all of it."""

    api: CountingApi
    cache: Cache
    heard: list[str] = field(default_factory=list)

    def verify(self, resource: Resource, *namespaces: str) -> None:
        """Verify one kind."""
        verifier = Verifier(self.api, self.cache, namespaces, 600, Vitals(), lambda: 0.0)
        asyncio.run(verifier.verify(resource))


def place(*items: Object) -> Place:
    """Return a place with these objects; what the cache hears from now on is noted."""
    api, cache = CountingApi(MemoryServer(lambda: NOW)), Cache()
    for item in items:
        api.server.create(resource_of(item), as_sent(item))
    for resource in RESOURCES:
        for item in api.server.all(resource):
            cache.put(resource, item)
    made = Place(api, cache)
    cache.subscribe(lambda resource, *_: made.heard.append(resource.kind))
    return made


def missed(kind: str) -> float:
    """Return how many changes of a kind verification has found in this process."""
    return MISSED_CHANGES.labels(kind)._value.get()


def test_object_that_went_unnoticed_is_forgotten_and_counted() -> None:
    there, before = place(make_dataset()), missed("Dataset")
    there.api.server.remove(DATASETS, make_dataset())

    there.verify(DATASETS)

    assert (there.cache.all(DATASETS), there.heard) == ([], ["Dataset"])
    assert missed("Dataset") == before + 1


def test_object_that_came_unnoticed_is_read_and_counted() -> None:
    there, before = place(), missed("Dataset")
    there.api.server.create(DATASETS, as_sent(make_dataset()))

    there.verify(DATASETS)

    assert [item["spec"] for item in there.cache.all(DATASETS)] == [make_dataset()["spec"]]
    assert missed("Dataset") == before + 1


def test_object_that_changed_unnoticed_is_read() -> None:
    there = place(make_dataset(), make_dataset("other"))
    there.api.server.edit(
        DATASETS, make_dataset(), lambda item: item["spec"]["target"].update(column="new")
    )

    there.verify(DATASETS)

    flights = there.cache.get(DATASETS, NAMESPACE, "flights")
    assert flights is not None
    assert flights["spec"]["target"] == {"column": "new"}
    assert there.api.reads == ["flights"]


def test_what_is_as_known_is_neither_read_nor_news() -> None:
    there = place(make_dataset(), make_store())

    there.verify(DATASETS)

    assert (there.heard, there.api.reads) == ([], [])


def test_child_that_lost_its_label_unnoticed_may_come_back() -> None:
    there = place(train_job(make_run()))
    [job] = there.api.server.all(JOBS)
    stripped = there.api.server.edit(JOBS, job, lambda item: item["metadata"].update(labels={}))

    there.verify(JOBS)

    assert there.cache.all(JOBS) == []
    assert there.cache.put(JOBS, job) is False
    assert there.cache.put(JOBS, stripped) is True


def test_only_the_watched_namespaces_are_compared() -> None:
    there = place(make_dataset())
    there.api.server.create(DATASETS, as_sent(make_dataset(metadata={"namespace": "else"})))

    there.verify(DATASETS, NAMESPACE)

    assert [item["metadata"]["namespace"] for item in there.cache.all(DATASETS)] == [NAMESPACE]


def test_namesake_that_came_during_the_listing_stays() -> None:
    there = place(make_dataset())
    gone = there.cache.all(DATASETS)[0]
    there.api.server.remove(DATASETS, make_dataset())
    there.api.server.create(DATASETS, as_sent(make_dataset()))
    successor = there.api.server.all(DATASETS)[0]

    there.verify(DATASETS)

    [kept] = there.cache.all(DATASETS)
    assert kept["metadata"]["uid"] == successor["metadata"]["uid"] != gone["metadata"]["uid"]


async def running(
    loop: ManualLoop, api: CountingApi, seconds: float, every: float = 600.0
) -> Verifier:
    """Let a verifier run for so long; return it while it goes on."""
    verifier = Verifier(api, Cache(), (), every, Vitals(loop.time), loop.time)
    task = asyncio.ensure_future(verifier.run())
    await asyncio.sleep(seconds)
    assert not task.done()
    return verifier


def test_every_kind_is_verified_after_30_seconds_and_then_every_10_minutes() -> None:
    async def scenario(loop: ManualLoop) -> list[tuple[float, str]]:
        api = CountingApi(MemoryServer(lambda: NOW))
        await running(loop, api, 1300)
        return api.lists

    kinds = [resource.kind for resource in RESOURCES]
    assert sorted(run(scenario)) == sorted(
        (moment, kind) for moment in (30.0, 630.0, 1230.0) for kind in kinds
    )


def test_kind_whose_watch_was_interrupted_is_verified_soon_and_once() -> None:
    async def scenario(loop: ManualLoop) -> list[tuple[float, str]]:
        api = CountingApi(MemoryServer(lambda: NOW))
        verifier = await running(loop, api, 100)
        api.lists.clear()
        for _ in range(1000):
            verifier.soon(JOBS)
        await asyncio.sleep(100)
        return api.lists

    assert run(scenario) == [(130.0, "Job")]


def test_further_kind_is_verified_as_the_others_are() -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        api = CountingApi(MemoryServer(lambda: NOW))
        verifier = await running(loop, api, 100)
        verifier.include(WORKLOADS)
        await asyncio.sleep(700)
        return [moment for moment, kind in api.lists if kind == WORKLOADS.kind]

    assert run(scenario) == [130.0, 730.0]


def test_server_that_is_away_is_asked_again_after_30_seconds() -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        api = CountingApi(MemoryServer(lambda: NOW))
        api.failures = 1
        await running(loop, api, 100)
        return [moment for moment, kind in api.lists if kind == RESOURCES[0].kind]

    assert run(scenario) == [30.0, 60.0]


@pytest.mark.parametrize(("failures", "age"), [(0, 70.0), (1000, 100.0)])
def test_only_a_verification_that_succeeds_is_a_sign_of_life(failures: int, age: float) -> None:
    async def scenario(loop: ManualLoop) -> list[str]:
        api = CountingApi(MemoryServer(lambda: NOW), failures=failures)
        vitals = Vitals(loop.time)
        vitals.expect(RESOURCES)
        verifier = Verifier(api, Cache(), (), 600, vitals, loop.time)
        task = asyncio.ensure_future(verifier.run())
        await asyncio.sleep(100)
        task.cancel()
        await asyncio.sleep(900 - age + 0.5)
        return vitals.complaints(0)

    assert run(scenario) == [
        f"no word of {resource.kind} objects for 900 seconds" for resource in RESOURCES
    ]
