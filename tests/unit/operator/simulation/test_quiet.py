"""At rest nothing is written, and a look at the data that finds nothing costs one Job."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.builders import Object
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    first_two_versions,
    played,
    short_history,
    start_loop,
    whole_loop,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_operator.runtime.api import Found, Outcome
from tidewheel_operator.runtime.resources import Resource

Story = Callable[[Simulation], Awaitable[None]]
STORIES = [start_loop, first_two_versions, whole_loop, short_history]


def facts(simulation: Simulation) -> dict[str, Any]:
    """Return every leaf of every object by its path; events included."""
    return {
        f"{resource.kind}/{name}{path}": value
        for (resource, _, name), item in simulation.server.objects.items()
        for path, value in _leaves(item)
    }


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves(part, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for i, part in enumerate(value) for leaf in _leaves(part, f"{path}[{i}]")]
    return [(path, value)]


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the paths that came, went or changed."""
    paths = before.keys() | after.keys()
    return {path for path in paths if before.get(path) != after.get(path)}


def counted(simulation: Simulation) -> Counter[str]:
    return Counter(f"{write.verb} {write.kind}" for write in simulation.api.writes)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_refresh_that_finds_nothing_is_one_job_and_the_time_of_the_look(story: Story) -> None:
    async def refresh(simulation: Simulation) -> None:
        await story(simulation)
        writes, before = counted(simulation), facts(simulation)
        await simulation.advance(REFRESH_SECONDS)
        spent, moved = counted(simulation) - writes, changed(before, facts(simulation))

        assert spent == {"create Job": 1, "status Dataset": 1, "delete Job": 1}
        assert moved == {
            "Dataset/flights.metadata.resourceVersion",
            "Dataset/flights.status.collections",
            "Dataset/flights.status.lastAttemptTime",
            "Dataset/flights.status.lastCheckTime",
        }

    asyncio.run(refresh(Simulation()))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_nothing_is_written_between_refreshes_whatever_is_looked_at(story: Story) -> None:
    """Not even after a restart, which looks at everything again."""

    async def rest(simulation: Simulation) -> None:
        await story(simulation)
        before = facts(simulation)
        attempts = simulation.api.attempts
        for _ in range(3):
            await simulation.advance((REFRESH_SECONDS - 1) / 3)
            simulation.stop()
            await simulation.settle()

        assert simulation.api.attempts == attempts
        assert changed(before, facts(simulation)) == set()

    asyncio.run(rest(Simulation()))


def test_every_status_write_changes_something() -> None:
    """The server leaves an object at its version when a write repeats what is there."""
    idle: list[str] = []

    async def loop(simulation: Simulation) -> None:
        patch_status = simulation.server.patch_status

        def watched(resource: Resource, namespace: str, name: str, patch: Object) -> Outcome:
            outcome = patch_status(resource, namespace, name, patch)
            version = patch["metadata"]["resourceVersion"]
            if isinstance(outcome, Found):
                after = outcome.object["metadata"]["resourceVersion"]
                idle.extend([f"{resource.kind} {name}"] if after == version else [])
            return outcome

        simulation.server.patch_status = watched  # type: ignore[method-assign]
        await whole_loop(simulation)

    simulation = asyncio.run(played(loop))

    assert counted(simulation)["status ModelPipeline"] > 10
    assert idle == []
