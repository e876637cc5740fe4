"""News of data is looked at at once and never lost; a look that cannot tell costs one more Job."""

import asyncio
import os
from collections import Counter

import pytest
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    fresh_data,
    played,
    post_news,
    reasons,
    runs,
    start_loop,
    the,
    versions,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_contracts import labels
from tidewheel_operator.runtime.resources import DATASETS, JOBS

IS_LONG = os.environ.get("TIDEWHEEL_TEST_LONG") == "1"
# Of so many writes one is the last, unless there is much time.
STEP = 1 if IS_LONG else 2


class PausedError(Exception):
    """The cluster stands still, so that something may happen in between."""


def pause_at(simulation: Simulation, moment: int) -> None:
    """Let the controllers stop, once, before their act number `moment`."""
    act, left = simulation.controllers.act, [moment]

    def act_or_pause() -> bool:
        left[0] -= 1
        if left[0] == -1:
            raise PausedError
        return act()

    simulation.controllers.act = act_or_pause  # type: ignore[method-assign]


def newest_rows(simulation: Simulation) -> int:
    rows: int = the(simulation, DATASETS, "flights")["status"]["snapshot"]["rows"]
    return rows


def looks(simulation: Simulation) -> list[str]:
    """Return the Jobs of the Dataset that are left."""
    return [
        job["metadata"]["name"]
        for job in simulation.server.all(JOBS)
        if job["metadata"]["labels"][labels.OWNER_KIND] == "Dataset"
    ]


def spent(simulation: Simulation) -> Counter[str]:
    return Counter(f"{write.verb} {write.kind}" for write in simulation.api.writes)


def test_news_opens_a_run_while_the_clock_stands_still() -> None:
    simulation = asyncio.run(played(fresh_data))

    assert runs(simulation) == [("Initial", "Registered"), ("NewData", "Registered")]
    assert champion(simulation) == 2
    assert looks(simulation) == []


def test_news_of_nothing_costs_one_probe() -> None:
    async def story(simulation: Simulation) -> Counter[str]:
        await start_loop(simulation)
        before = spent(simulation)
        await post_news(simulation)
        await simulation.settle()
        return spent(simulation) - before

    counts = asyncio.run(story(Simulation()))

    assert counts == {"create Job": 1, "status Dataset": 1, "delete Job": 1}


def test_many_posts_of_one_piece_of_news_cost_two_looks() -> None:
    async def story(simulation: Simulation) -> Counter[str]:
        await start_loop(simulation)
        before = spent(simulation)
        for _ in range(100):
            await post_news(simulation)
        await simulation.settle()
        return spent(simulation) - before

    counts = asyncio.run(story(Simulation()))

    assert (counts["create Job"], counts["delete Job"]) == (2, 2)


def test_source_that_cannot_be_probed_is_collected_after_the_probe() -> None:
    async def story(simulation: Simulation) -> Counter[str]:
        simulation.bucket.can_be_probed = False
        await start_loop(simulation)
        before = spent(simulation)
        await simulation.advance(REFRESH_SECONDS)
        assert reasons(the(simulation, DATASETS, "flights")) == {"Ready": "SnapshotReady"}
        return spent(simulation) - before

    counts = asyncio.run(story(Simulation()))

    assert counts == {"create Job": 2, "status Dataset": 2, "delete Job": 2}


@pytest.mark.parametrize("seed", range(40 if IS_LONG else 2))
def test_news_at_any_moment_is_looked_at(seed: int) -> None:
    """Also between the reading of a source and the record of it, and while no Job is there."""

    async def story(simulation: Simulation, moment: int) -> bool:
        await start_loop(simulation)
        pause_at(simulation, moment)
        has_paused = False
        try:
            await simulation.advance(REFRESH_SECONDS)
        except PausedError:
            has_paused = True
        del simulation.controllers.act
        simulation.bucket.labelled_rows = 1500
        await post_news(simulation)
        await simulation.settle()
        return has_paused

    moment, has_paused = 0, True
    while has_paused:
        simulation = Simulation(seed=seed, workers=3)
        has_paused = asyncio.run(story(simulation, moment))
        assert newest_rows(simulation) == 1500, f"lost at moment {moment}"
        moment += 1

    assert moment > 4


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
@pytest.mark.parametrize("is_fatal", [False, True], ids=["lost connection", "kill"])
def test_news_is_not_lost_with_a(is_fatal: bool, is_after: bool) -> None:
    """Around every write, or many of them; news that was asked for twice may be looked at twice."""
    attempts = asyncio.run(played(fresh_data)).api.attempts

    differences = []
    for index in range(is_after, attempts, STEP if is_fatal else 3 * STEP):
        simulation = asyncio.run(played(fresh_data, Kill(index, is_after, is_fatal)))
        found = (newest_rows(simulation), versions(simulation), looks(simulation))
        if found != (1500, ["flight-delay-v1", "flight-delay-v2"], []):
            differences.append(index)

    assert differences == []
