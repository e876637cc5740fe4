"""The operator dies around every one of its writes, and nobody can tell afterwards."""

import asyncio
import os
from collections.abc import Sequence

import pytest
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    End,
    end_of,
    first_two_versions,
    played,
    start_loop,
    the,
    whole_loop,
)
from tests.unit.operator.simulation.world import Kill, Listing, Simulation

from tidewheel_operator.runtime.resources import (
    MODEL_PIPELINES,
    RESOURCES,
    TRAINING_RUNS,
    Resource,
)

IS_LONG = os.environ.get("TIDEWHEEL_TEST_LONG") == "1"
SEEDS = range(300 if IS_LONG else 10)
# How many writes an old list lacks.
AGES = (1, 2, 3, 5, 8, 13, 21, 34)


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
@pytest.mark.parametrize("is_fatal", [False, True], ids=["lost connection", "kill"])
def test_end_is_the_same_after_a(is_fatal: bool, is_after: bool) -> None:
    """Around every write, one after the other."""
    story = whole_loop if is_fatal or IS_LONG else first_two_versions
    undisturbed = asyncio.run(played(story))
    wanted = end_of(undisturbed)

    differences = []
    for index in range(undisturbed.api.attempts):
        simulation = asyncio.run(played(story, Kill(index, is_after, is_fatal)))
        assert simulation.api.kill is None, f"the operator did not come to its write {index}"
        if end_of(simulation) != wanted:
            differences.append(index)

    assert differences == []


@pytest.mark.parametrize("seed", SEEDS)
def test_kill_amid_late_and_shuffled_news_changes_nothing(seed: int) -> None:
    wanted = end_of(asyncio.run(played(first_two_versions)))

    simulation = asyncio.run(played(first_two_versions, Kill(7 * seed % 90, is_after=True), seed))

    assert end_of(simulation) == wanted


@pytest.mark.parametrize("kind", RESOURCES, ids=[resource.plural for resource in RESOURCES])
def test_old_list_of_one_kind_after_a_kill_changes_nothing(kind: Resource) -> None:
    undisturbed = Simulation()
    listings = undisturbed.api.listings = []
    asyncio.run(first_two_versions(undisturbed))
    wanted = end_of(undisturbed)

    differences = []
    for index in range(len(listings)):
        for age in _ages(index):
            stale = {kind: listings[max(0, index - age)][kind]}
            if end_of(_restarted_with(stale, index)) != wanted:
                differences.append((index, age))

    assert differences == []


def test_old_list_of_runs_admits_no_run_again() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "train"
        await start_loop(simulation)
        old = {TRAINING_RUNS: simulation.server.all(TRAINING_RUNS)}
        simulation.controllers.held_jobs = ""
        await simulation.settle()
        simulation.bucket.labelled_rows = 1001
        await simulation.advance(REFRESH_SECONDS)
        before = the(simulation, MODEL_PIPELINES)["status"]["handledCauses"]

        simulation.stop()
        await simulation.start(old)
        await simulation.settle()

        assert the(simulation, MODEL_PIPELINES)["status"]["handledCauses"] == before

    asyncio.run(played(story))


def _ages(index: int) -> Sequence[int]:
    """Return all ages, or for every second write one of them."""
    if IS_LONG:
        return AGES
    return [AGES[index // 2 % len(AGES)]] if index % 2 == 0 else []


def _restarted_with(stale: Listing, index: int) -> Simulation:
    kill = Kill(index, is_after=True)
    return asyncio.run(played(first_two_versions, kill, stale_at_restart=stale))


def test_comparison_of_ends_notices_one_more_job() -> None:
    """What the tests above rest on can tell two ends apart."""
    simulation = asyncio.run(played(first_two_versions))
    before: End = end_of(simulation)

    simulation.bucket.labelled_rows += 1
    asyncio.run(simulation.advance(600))

    assert end_of(simulation) != before
