"""A run that is suspended in its search: nothing twice, nothing lost, whatever dies meanwhile."""

import asyncio

import pytest
from tests.builders import CANDIDATE, Object
from tests.unit.operator.simulation.scenario import (
    champion,
    end_of,
    made_and_deleted,
    played,
    start_loop,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_operator.runtime.resources import JOBS, TRAINING_RUNS


def the_run(simulation: Simulation) -> Object:
    """Return the loop's only run."""
    [run] = simulation.server.all(TRAINING_RUNS)
    return run


async def suspend(simulation: Simulation, value: bool) -> None:
    """Suspend or resume the run as a person does."""

    def change(run: Object) -> None:
        run["spec"]["suspend"] = value

    simulation.server.edit(TRAINING_RUNS, the_run(simulation), change)
    await simulation.settle()


async def suspended_search(simulation: Simulation) -> None:
    """Suspend a search that is at work, and resume it."""
    simulation.controllers.held_jobs = "search"
    await start_loop(simulation, training={"candidates": [CANDIDATE], "search": {"trials": 6}})
    await suspend(simulation, value=True)
    simulation.controllers.held_jobs = ""
    await simulation.settle()
    await suspend(simulation, value=False)


def searches(simulation: Simulation) -> list[Object]:
    """Return the Jobs of searches."""
    return [job for job in simulation.server.all(JOBS) if "completions" in job["spec"]]


def test_job_of_a_suspended_search_is_gone_and_another_ends_it() -> None:
    async def half(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "search"
        await start_loop(simulation, training={"candidates": [CANDIDATE], "search": {}})
        await suspend(simulation, value=True)

    halfway = asyncio.run(played(half))
    assert (searches(halfway), the_run(halfway)["status"]["stage"]) == ([], "Suspended")

    whole = asyncio.run(played(suspended_search))
    status = the_run(whole)["status"]
    assert (status["attempt"], status["suspensions"], champion(whole)) == (3, 1, 1)
    assert "failedAttempts" not in status or status["failedAttempts"] == []


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_end_is_the_same_after_a_kill_around_every_write(is_after: bool) -> None:
    undisturbed = asyncio.run(played(suspended_search))
    wanted = end_of(undisturbed)

    differences = []
    for index in range(undisturbed.api.attempts):
        simulation = asyncio.run(played(suspended_search, Kill(index, is_after, is_fatal=True)))
        if end_of(simulation) != wanted:
            differences.append((index, made_and_deleted(simulation)))

    assert differences == []
