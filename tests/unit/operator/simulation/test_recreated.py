"""An object that comes back under its old name is new: what its namesake had is not its own.

And every kind of child meets a stranger under its name, whatever labels or owner the stranger has.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.builders import (
    NAMESPACE,
    Object,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_store,
    make_version,
)
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    played,
    reasons,
    start_loop,
    the,
    user_applies,
    versions,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_contracts import labels
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import (
    DATASETS,
    DEPLOYMENTS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    RESOURCES,
    SERVICES,
    TRAINING_RUNS,
    Resource,
    resource_of,
)

RETRY_SECONDS = 60


def children(simulation: Simulation, uid: str) -> dict[str, Any]:
    """Return the spec and the metadata of all children, without what others write."""
    return {
        f"{resource.kind} {item['metadata']['name']}": (
            item.get("spec"),
            item["metadata"]["uid"],
            item["metadata"].get("labels"),
            item["metadata"].get("annotations"),
        )
        for resource in RESOURCES
        for item in simulation.server.all(resource)
        if (owner := owner_of(item)) is not None and owner["uid"] == uid
    }


@pytest.mark.parametrize(
    ("resource", "item", "program"),
    [
        pytest.param(DATASETS, make_dataset(), "collect", id="a Dataset that collects"),
        pytest.param(TRAINING_RUNS, make_run("mine"), "train", id="a run that trains"),
        pytest.param(MODEL_DEPLOYMENTS, make_deployment("mine"), "", id="a deployment that serves"),
        pytest.param(MODEL_PIPELINES, make_pipeline(), "train", id="a pipeline with an open run"),
        pytest.param(MODEL_PIPELINES, make_pipeline(), "", id="a pipeline that turns"),
    ],
)
def test_children_of_a_namesake_are_neither_applied_nor_deleted_nor_counted(
    resource: Resource, item: Object, program: str
) -> None:
    name = item["metadata"]["name"]

    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = program
        if name == "mine":
            user_applies(simulation, item)
        await start_loop(simulation)
        old = the(simulation, resource, name)["metadata"]["uid"]
        before = children(simulation, old)
        assert before

        simulation.controllers.is_garbage_kept = True
        simulation.stop()
        simulation.server.remove(resource, the(simulation, resource, name))
        user_applies(simulation, item)
        await simulation.advance(3 * RETRY_SECONDS)
        assert children(simulation, old) == before
        status = the(simulation, resource, name)["status"]
        assert status.get("activeRunName") is None
        assert status.get("championNumber") is None or resource != MODEL_PIPELINES

        simulation.controllers.is_garbage_kept = False
        simulation.controllers.held_jobs = ""
        await simulation.advance(REFRESH_SECONDS)
        assert children(simulation, old) == {}

    simulation = asyncio.run(played(story))

    assert champion(simulation) == int(versions(simulation)[-1].removeprefix("flight-delay-v"))
    assert reasons(the(simulation, MODEL_PIPELINES))["Ready"] == "Turning"


def test_version_that_comes_back_as_another_does_not_serve_as_the_one_before() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        before = the(simulation, DEPLOYMENTS, "flight-delay-v1")["spec"]
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v1"))
        user_applies(simulation, make_version(1, run_uid="theirs"))
        await simulation.advance(REFRESH_SECONDS)

        assert the(simulation, DEPLOYMENTS, "flight-delay-v1")["spec"] == before
        deployment = the(simulation, MODEL_DEPLOYMENTS)
        assert reasons(deployment) == {"Ready": "Serving", "VersionMissing": "Replaced"}

    asyncio.run(played(story))


def test_same_version_that_comes_back_is_the_one_that_serves() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        version = the(simulation, MODEL_VERSIONS, "flight-delay-v1")
        simulation.server.remove(MODEL_VERSIONS, version)
        await simulation.settle()
        user_applies(simulation, version)
        await simulation.settle()

        assert reasons(the(simulation, MODEL_DEPLOYMENTS)) == {"Ready": "Serving"}

    asyncio.run(played(story))


def plain(_: Object) -> None:
    """A person's object."""


def labelled_as_ours(item: Object) -> None:
    item["metadata"]["labels"] = {labels.MANAGED_BY: labels.MANAGER, labels.VERSION: "1"}


def owned_by_another(item: Object) -> None:
    labelled_as_ours(item)
    item["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "tidewheel.dev/v1alpha1",
            "kind": "ModelDeployment",
            "name": "flight-delay",
            "uid": "deployment of another",
            "controller": True,
        }
    ]


def opened_by_the_pipeline() -> str:
    """Return the name of the first run of a loop."""
    [run] = asyncio.run(played(start_loop)).server.all(TRAINING_RUNS)
    name: str = run["metadata"]["name"]
    return name


def named(resource: Resource, name: str, spec: Object) -> Object:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


COLLECT = child_name("flights", "dataset-flights-1", "round/1")
TRAIN = child_name("mine", "trainingrun-mine-1", "train/1")
SUSPENDED: Object = {"suspend": True, "template": {"spec": {"containers": [{"name": "main"}]}}}
STRANGERS = [
    (named(JOBS, COLLECT, SUSPENDED), DATASETS, "flights"),
    (named(JOBS, TRAIN, SUSPENDED), TRAINING_RUNS, "mine"),
    (named(DEPLOYMENTS, "flight-delay-v1", {"replicas": 1}), MODEL_DEPLOYMENTS, "flight-delay"),
    (named(SERVICES, "flight-delay-v1", {"selector": {}}), MODEL_DEPLOYMENTS, "flight-delay"),
    (named(SERVICES, "flight-delay", {"selector": {}}), MODEL_DEPLOYMENTS, "flight-delay"),
    (
        named(MODEL_DEPLOYMENTS, "flight-delay", {"modelName": "theirs"}),
        MODEL_PIPELINES,
        "flight-delay",
    ),
    (
        {**make_run(opened_by_the_pipeline(), dataset_name="theirs", model_name="theirs")},
        MODEL_PIPELINES,
        "flight-delay",
    ),
]


@pytest.mark.parametrize("disguise", [plain, labelled_as_ours, owned_by_another])
@pytest.mark.parametrize(
    ("stranger", "owner", "owner_name"),
    STRANGERS,
    ids=[f"{item['kind']} of a {owner.kind}" for item, owner, _ in STRANGERS],
)
def test_stranger_is_named_and_kept_and_the_loop_goes_on_within_a_minute_of_its_end(
    stranger: Object, owner: Resource, owner_name: str, disguise: Callable[[Object], None]
) -> None:
    resource, name = resource_of(stranger), stranger["metadata"]["name"]

    async def story(simulation: Simulation) -> None:
        simulation.controllers.is_garbage_kept = True
        simulation.controllers.are_deployments_held = resource == DEPLOYMENTS
        user_applies(simulation, stranger)
        disguised = simulation.server.edit(resource, stranger, disguise)
        user_applies(simulation, make_store(), make_dataset(), make_pipeline())
        if owner == TRAINING_RUNS:
            user_applies(simulation, make_run("mine"))
        await simulation.advance(4 * RETRY_SECONDS)

        conflict = the(simulation, owner, owner_name)
        assert reasons(conflict)["Ready"] == reasons(conflict)["Stalled"] == "NameConflict"
        found = the(simulation, resource, name)
        assert found["spec"] == disguised["spec"]
        assert found["metadata"]["uid"] == disguised["metadata"]["uid"]
        assert found["metadata"].get("labels") == disguised["metadata"].get("labels")

        simulation.server.remove(resource, found)
        simulation.controllers.are_deployments_held = False
        await simulation.advance(RETRY_SECONDS)
        assert champion(simulation) is not None
        assert "Stalled" not in reasons(the(simulation, owner, owner_name))

    asyncio.run(played(story))


@pytest.mark.parametrize("is_list_old", [False, True], ids=["seen", "not seen by an old list"])
def test_run_in_flight_that_comes_back_under_its_name_is_admitted_anew(is_list_old: bool) -> None:
    mine = make_run("mine", pipeline_name="flight-delay")

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.controllers.held_jobs = "train"
        user_applies(simulation, mine)
        await simulation.settle()
        old = simulation.server.all(TRAINING_RUNS)
        simulation.stop()
        simulation.server.remove(TRAINING_RUNS, the(simulation, TRAINING_RUNS, "mine"))
        user_applies(simulation, mine)
        await simulation.start({TRAINING_RUNS: old} if is_list_old else None)
        await simulation.settle()
        simulation.controllers.held_jobs = ""
        await simulation.settle()

    simulation = asyncio.run(played(story))

    status = the(simulation, MODEL_PIPELINES)["status"]
    demands = [item["fingerprint"] for item in status["handledCauses"] if item["cause"] == "Demand"]
    assert demands == ["trainingrun-mine-1", "trainingrun-mine-2"]
    assert (status["lastRun"]["uid"], status["lastRun"]["verdict"]) == (demands[1], "Passed")
    assert versions(simulation) == ["flight-delay-v1", "flight-delay-v2"]
    assert champion(simulation) == 2
