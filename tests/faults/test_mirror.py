"""What the rig sees is what the API server has, also when news comes late, twice or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any, cast

from tests.builders import Object, make_dataset
from tests.faults.cluster.direct import Direct
from tests.faults.cluster.mirror import Mirror

from tidewheel_operator.runtime.resources import DATASETS, Resource

_QUICK_SECONDS = 0.02
_SECONDS = 5


@dataclass
class SilentServer:
    """Answers LISTs; its watches never tell anything."""

    items: list[Object] = field(default_factory=list)
    version: int = 10
    lists: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    watches: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def send(self, _: str, path: str) -> tuple[int, Any]:
        is_ours = path == DATASETS.path(None)
        items = self.items if is_ours else []
        if is_ours:
            self.lists.put_nowait(None)
        return 200, {"items": items, "metadata": {"resourceVersion": str(self.version)}}

    async def watch(self, resource: Resource, _: str) -> AsyncIterator[Object]:
        if resource == DATASETS:
            self.watches.put_nowait(None)
        await asyncio.Event().wait()
        yield {}


def dataset(version: int, uid: str = "uid-1") -> Object:
    return make_dataset(metadata={"uid": uid, "resourceVersion": str(version)})


def mirror_of(server: SilentServer) -> Mirror:
    return Mirror(cast("Direct", server), lambda _: None, _QUICK_SECONDS, _QUICK_SECONDS)


def versions(mirror: Mirror) -> list[str]:
    return [item["metadata"]["resourceVersion"] for item in mirror.all(DATASETS, "ml")]


def test_answer_that_comes_after_the_end_brings_nothing_back() -> None:
    mirror = mirror_of(SilentServer())
    mirror.put(DATASETS, dataset(1))
    mirror.drop(DATASETS, dataset(3), version=3)

    mirror.put(DATASETS, dataset(2))

    assert versions(mirror) == []


def test_namesake_of_what_is_gone_is_seen() -> None:
    mirror = mirror_of(SilentServer())
    mirror.drop(DATASETS, dataset(3), version=3)

    mirror.put(DATASETS, dataset(4, uid="uid-2"))

    assert versions(mirror) == ["4"]


def test_object_that_is_still_there_counts_again_by_later_news() -> None:
    mirror = mirror_of(SilentServer())
    mirror.put(DATASETS, dataset(1))
    mirror.drop(DATASETS, dataset(1), version=2)

    mirror.put(DATASETS, dataset(2))

    assert versions(mirror) == ["2"]


def test_older_state_changes_nothing() -> None:
    mirror = mirror_of(SilentServer())
    mirror.put(DATASETS, dataset(2))

    mirror.put(DATASETS, dataset(1))

    assert versions(mirror) == ["2"]


async def play(mirror: Mirror, scenario: Awaitable[None]) -> None:
    """Run the mirror for as long as a scenario takes."""
    running = asyncio.create_task(mirror.run())
    async with asyncio.timeout(_SECONDS):
        await scenario
    running.cancel()
    await asyncio.wait({running})


def test_mirror_that_hears_nothing_corrects_itself_and_owns_up() -> None:
    server = SilentServer([dataset(1)])
    mirror = mirror_of(server)

    async def scenario() -> None:
        await server.watches.get()
        server.items, server.version = [dataset(12, uid="uid-2")], 12
        await server.watches.get()

    asyncio.run(play(mirror, scenario()))

    assert versions(mirror) == ["12"]
    assert [told.partition(";")[0] for _, told in mirror.corrections] == [
        "Dataset ml/flights was gone unnoticed",
        "Dataset ml/flights was not known as it is",
    ]


def test_what_was_made_after_a_list_is_no_mistake() -> None:
    server = SilentServer()
    mirror = mirror_of(server)

    async def scenario() -> None:
        await server.watches.get()
        mirror.put(DATASETS, dataset(11))
        for _ in range(4):
            await server.lists.get()

    asyncio.run(play(mirror, scenario()))

    assert (versions(mirror), mirror.corrections) == (["11"], [])
