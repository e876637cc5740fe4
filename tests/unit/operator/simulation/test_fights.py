"""Somebody else insists on a child as it should not be, and takes ownerReferences away."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders import Object
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    played,
    reasons,
    runs,
    start_loop,
    the,
    versions,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_contracts import labels
from tidewheel_operator.runtime.event_source import Change
from tidewheel_operator.runtime.resources import (
    DATASETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    SERVICES,
    TRAINING_RUNS,
    Resource,
)

HOUR = 3600


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


class Rival:
    """A controller that changes or deletes one object whenever it is as we want it."""

    def __init__(
        self, simulation: Simulation, resource: Resource, name: str, act: Callable[[Object], None]
    ) -> None:
        self.is_awake = True
        self._simulation = simulation
        self._place = (resource, name)
        self._act = act
        simulation.server.watchers.append(self._look)

    def _look(self, resource: Resource, change: Change, item: Object) -> None:
        is_it = (resource, item["metadata"]["name"]) == self._place
        if self.is_awake and is_it and change is Change.SEEN:
            self._act(item)


def writes(simulation: Simulation, resource: Resource, name: str) -> int:
    """Return how often the operator wrote an object, not counting its status."""
    return sum(
        1
        for write in simulation.api.writes
        if (write.kind, write.name) == (resource.kind, name) and write.verb in ("create", "apply")
    )


def contested(simulation: Simulation) -> list[str]:
    events = simulation.server.all(EVENTS)
    return [item["message"] for item in events if item["reason"] == "ChildContested"]


def edit_replicas(simulation: Simulation) -> Callable[[Object], None]:
    def act(item: Object) -> None:
        if item["spec"]["replicas"] != 7:
            simulation.server.edit(DEPLOYMENTS, item, lambda it: it["spec"].update(replicas=7))

    return act


def take_the_hash_away(simulation: Simulation) -> Callable[[Object], None]:
    def act(item: Object) -> None:
        if labels.MANIFEST_HASH in item["metadata"].get("annotations", {}):
            simulation.server.edit(
                DEPLOYMENTS, item, lambda it: it["metadata"]["annotations"].clear()
            )

    return act


def delete(simulation: Simulation) -> Callable[[Object], None]:
    return lambda item: simulation.server.remove(DEPLOYMENTS, item)


@pytest.mark.parametrize("habit", [edit_replicas, take_the_hash_away, delete])
def test_fight_is_bounded_told_once_and_over_when_the_other_ends(
    habit: Callable[[Simulation], Callable[[Object], None]],
) -> None:
    name = "flight-delay-v1"

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        rival = Rival(simulation, DEPLOYMENTS, name, habit(simulation))
        simulation.server.edit(
            DEPLOYMENTS,
            the(simulation, DEPLOYMENTS, name),
            lambda item: item["metadata"]["labels"].update({"theirs": "yes"}),
        )
        before = writes(simulation, DEPLOYMENTS, name)
        await simulation.advance(HOUR)
        counts.append(writes(simulation, DEPLOYMENTS, name) - before)

        rival.is_awake = False
        await simulation.advance(601)

    counts: list[int] = []
    simulation = told(story)

    # 0 + 2 + 4 + .. + 512 seconds, and then every ten minutes.
    assert 10 <= counts[0] <= 16
    assert contested(simulation) == [
        "Deployment 'flight-delay-v1' is changed or deleted by somebody else again and again; it "
        "is put right ever more seldom until that ends. `kubectl get --show-managed-fields` tells "
        "who it is"
    ]
    assert the(simulation, DEPLOYMENTS, name)["spec"]["replicas"] == 1
    assert champion(simulation) == 1


def test_loop_goes_on_while_one_child_is_fought_about() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        name = "flight-delay-v1"
        Rival(simulation, DEPLOYMENTS, name, edit_replicas(simulation))
        simulation.server.edit(
            DEPLOYMENTS,
            the(simulation, DEPLOYMENTS, name),
            lambda item: item["metadata"]["labels"].update({"theirs": "yes"}),
        )
        await simulation.advance(120)
        simulation.bucket.labelled_rows = 1500
        await simulation.advance(REFRESH_SECONDS)

    assert champion(told(story)) == 2


def test_collecting_job_that_is_deleted_again_and_again_is_made_ever_more_seldom() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "collect"
        await start_loop(simulation)
        [job] = simulation.server.all(JOBS)
        name = job["metadata"]["name"]
        names.append(name)
        rival = Rival(simulation, JOBS, name, lambda item: simulation.server.remove(JOBS, item))
        simulation.server.remove(JOBS, job)
        await simulation.advance(HOUR)
        counts.append(writes(simulation, JOBS, name))
        rival.is_awake = False
        simulation.controllers.held_jobs = ""
        await simulation.advance(601)

    counts: list[int] = []
    names: list[str] = []
    simulation = told(story)

    assert 10 <= counts[0] <= 17
    assert contested(simulation)[0].startswith(f"Job '{names[0]}' is changed or deleted")
    assert champion(simulation) == 1


def test_fields_that_nobody_of_us_owns_are_kept() -> None:
    def change(item: Object) -> None:
        item["metadata"]["labels"]["team"] = "delays"
        item["metadata"]["annotations"]["team"] = "delays"
        item["spec"]["revisionHistoryLimit"] = 3
        item["spec"]["replicas"] = 7

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        name = "flight-delay-v1"
        simulation.server.edit(DEPLOYMENTS, the(simulation, DEPLOYMENTS, name), change)
        await simulation.settle()
        assert writes(simulation, DEPLOYMENTS, name) == 2

    item = the(told(story), DEPLOYMENTS, "flight-delay-v1")

    assert item["metadata"]["labels"]["team"] == item["metadata"]["annotations"]["team"] == "delays"
    assert (item["spec"]["revisionHistoryLimit"], item["spec"]["replicas"]) == (3, 1)


def drop_owner(item: Object) -> None:
    del item["metadata"]["ownerReferences"]


@pytest.mark.parametrize(
    ("resource", "name", "owner"),
    [
        (DEPLOYMENTS, "flight-delay-v1", MODEL_DEPLOYMENTS),
        (SERVICES, "flight-delay-v1", MODEL_DEPLOYMENTS),
        (SERVICES, "flight-delay", MODEL_DEPLOYMENTS),
        (MODEL_DEPLOYMENTS, "flight-delay", MODEL_PIPELINES),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_applied_child_without_its_owner_reference_is_told_and_left_alone(
    resource: Resource, name: str, owner: Resource
) -> None:
    """Whoever takes the reference away takes the object; labels and names prove nothing."""

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        before = simulation.server.edit(resource, the(simulation, resource, name), drop_owner)
        await simulation.advance(HOUR)
        assert the(simulation, resource, name)["metadata"] == before["metadata"]
        conflict = the(simulation, owner)
        assert reasons(conflict)["Ready"] == reasons(conflict)["Stalled"] == "NameConflict"
        assert conflict["status"]["conditions"][0]["message"] == (
            f"{resource.kind} '{name}' has lost its ownerReference to {owner.kind} 'flight-delay'; "
            "put it back, or remove the object and it is made again"
        )
        assert the(simulation, SERVICES)["spec"]["selector"][labels.VERSION] == "1"

        simulation.server.remove(resource, the(simulation, resource, name))
        await simulation.advance(61)
        assert reasons(the(simulation, owner))["Ready"] in ("Serving", "Turning")

    assert champion(told(story)) == 1


@pytest.mark.parametrize("program", ["collect", "train"])
def test_job_without_its_owner_reference_counts_as_gone_and_is_left_alone(program: str) -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = program
        await start_loop(simulation)
        [job] = simulation.server.all(JOBS)
        taken = simulation.server.edit(JOBS, job, drop_owner)
        await simulation.settle()
        jobs.append(taken)
        owner = the(simulation, DATASETS, "flights")
        said.append(reasons(owner)["Ready"])
        simulation.controllers.held_jobs = ""
        await simulation.advance(61)
        if program == "collect":
            simulation.server.remove(JOBS, taken)
            await simulation.advance(61)

    jobs: list[Object] = []
    said: list[str] = []
    simulation = told(story)

    assert champion(simulation) == 1
    if program == "collect":
        # The next Job needs the very name, so somebody has to decide.
        assert said == ["NameConflict"]
        return
    left = {item["metadata"]["name"] for item in simulation.server.all(JOBS)}
    assert jobs[0]["metadata"]["name"] in left
    [run] = simulation.server.all(TRAINING_RUNS)
    assert (run["status"]["attempt"], reasons(run)["Ready"]) == (2, "Registered")


def test_run_without_its_owner_reference_ends_and_is_never_pruned() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "train"
        await start_loop(simulation, history={"completed_runs": 0, "failed_runs": 0, "versions": 1})
        [run] = simulation.server.all(TRAINING_RUNS)
        simulation.server.edit(TRAINING_RUNS, run, drop_owner)
        simulation.controllers.held_jobs = ""
        await simulation.settle()
        simulation.bucket.labelled_rows = 1500
        await simulation.advance(REFRESH_SECONDS)
        simulation.bucket.labelled_rows = 2500
        await simulation.advance(REFRESH_SECONDS)

    simulation = told(story)

    assert runs(simulation) == [("Initial", "Registered"), ("NewData", "Registered")]
    assert versions(simulation)[-1] == "flight-delay-v3"
