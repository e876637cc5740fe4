"""A loop whose runs search: pods, then a Job that judges, and nothing twice after a kill."""

import asyncio

import pytest
from tests.builders import CANDIDATE
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_of,
    made_and_deleted,
    played,
    start_loop,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_operator.runtime.resources import JOBS, TRAINING_RUNS


async def two_searches(simulation: Simulation) -> None:
    await start_loop(
        simulation, training={"candidates": [CANDIDATE], "search": {"trials": 6, "parallelism": 3}}
    )
    simulation.bucket.labelled_rows = 1500
    await simulation.advance(REFRESH_SECONDS)


def test_runs_search_and_then_judge() -> None:
    simulation = asyncio.run(played(two_searches))

    assert champion(simulation) == 2
    assert [
        run["status"]["search"]["finished"] for run in simulation.server.all(TRAINING_RUNS)
    ] == [
        6,
        6,
    ]
    programs = [
        job["spec"]["template"]["spec"]["containers"][0]["args"][0]
        for job in simulation.server.all(JOBS)
    ]
    assert {name: programs.count(name) for name in programs}.items() >= {
        ("search", 2),
        ("reduce", 2),
    }


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_end_is_the_same_after_a_kill_around_every_write(is_after: bool) -> None:
    undisturbed = asyncio.run(played(two_searches))
    wanted = end_of(undisturbed)

    differences = []
    for index in range(undisturbed.api.attempts):
        simulation = asyncio.run(played(two_searches, Kill(index, is_after, is_fatal=True)))
        if end_of(simulation) != wanted:
            differences.append((index, made_and_deleted(simulation)))

    assert differences == []


def test_search_deleted_on_its_way_is_made_again() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "search"
        await start_loop(simulation, training={"candidates": [CANDIDATE], "search": {}})
        [job] = [item for item in simulation.server.all(JOBS) if "completions" in item["spec"]]
        simulation.server.remove(JOBS, job)
        await simulation.settle()
        simulation.controllers.held_jobs = ""
        await simulation.settle()

    simulation = asyncio.run(played(story))

    [run] = simulation.server.all(TRAINING_RUNS)
    assert (run["status"]["attempt"], champion(simulation)) == (3, 1)
