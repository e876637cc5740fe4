"""Somebody takes our label off a child, so that no watch tells of it any more."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders import Object
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    played,
    runs,
    start_loop,
    the,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_contracts import labels
from tidewheel_operator.runtime.resources import DEPLOYMENTS, JOBS, SERVICES, Resource


def strip(item: Object) -> None:
    """Do what a tool does that takes objects over."""
    item["metadata"]["labels"][labels.MANAGED_BY] = "Helm"


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        pytest.param(SERVICES, "flight-delay", id="the stable Service"),
        pytest.param(SERVICES, "flight-delay-v1", id="a version's Service"),
        pytest.param(DEPLOYMENTS, "flight-delay-v1", id="a Deployment"),
    ],
)
def test_applied_child_gets_its_label_back(resource: Resource, name: str) -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, deployment={"rollback_window_seconds": 100})
        before = the(simulation, resource, name)
        simulation.server.edit(resource, before, strip)
        await simulation.settle()
        after = the(simulation, resource, name)
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["metadata"]["labels"] == before["metadata"]["labels"]

        simulation.bucket.labelled_rows = 1500
        await simulation.advance(2 * REFRESH_SECONDS)

    simulation = told(story)

    assert champion(simulation) == 2
    selector = the(simulation, SERVICES)["spec"]["selector"]
    assert selector[labels.VERSION] == "2"
    for kind in (SERVICES, DEPLOYMENTS):
        names = [item["metadata"]["name"] for item in simulation.server.all(kind)]
        assert "flight-delay-v1" not in names


def job_of(simulation: Simulation, program: str) -> Object:
    """Return the Job that runs a program."""
    [job] = [
        item
        for item in simulation.server.all(JOBS)
        if item["spec"]["template"]["spec"]["containers"][0]["args"] == [program]
    ]
    return job


@pytest.mark.parametrize("program", ["collect", "train", "check"])
def test_job_that_is_in_use_gets_its_label_back(program: str) -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = program
        await start_loop(simulation)
        job = job_of(simulation, program)
        simulation.server.edit(JOBS, job, strip)
        await simulation.settle()
        after = job_of(simulation, program)
        assert after["metadata"]["labels"] == job["metadata"]["labels"]
        simulation.controllers.held_jobs = ""
        await simulation.settle()

    simulation = told(story)

    assert runs(simulation) == [("Initial", "Registered")]
    writes = [(write.verb, write.kind) for write in simulation.api.writes]
    assert (writes.count(("create", "Job")), writes.count(("apply", "Job"))) == (3, 1)
