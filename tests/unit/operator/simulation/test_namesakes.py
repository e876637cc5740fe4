"""Objects of somebody else have names that ours need, and owners come back under an old name."""

import asyncio
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
    champion,
    played,
    reasons,
    runs,
    start_loop,
    the,
    user_applies,
    versions,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.runtime.resources import (
    DATASETS,
    DEPLOYMENTS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    SERVICES,
    TRAINING_RUNS,
    Resource,
)

RETRY_SECONDS = 60


def foreign(resource: Resource, name: str, **spec: Any) -> Object:
    """Return an object that nobody of ours owns."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


async def settle_beside(simulation: Simulation, stranger: Object) -> Object:
    """Start the loop with a stranger in it; return the stranger as it was before."""
    user_applies(simulation, stranger)
    before = simulation.server.find(_resource(stranger), NAMESPACE, stranger["metadata"]["name"])
    assert before is not None
    await start_loop(simulation)
    return before


def _resource(item: Object) -> Resource:
    known = (JOBS, SERVICES, DEPLOYMENTS, MODEL_DEPLOYMENTS, TRAINING_RUNS)
    return next(resource for resource in known if resource.kind == item["kind"])


def first_job_of_dataset() -> str:
    return child_name("flights", "dataset-flights-1", "round/1")


@pytest.mark.parametrize(
    ("stranger", "owner", "owner_name"),
    [
        pytest.param(
            foreign(JOBS, first_job_of_dataset(), suspend=True), DATASETS, "flights", id="a Job"
        ),
        pytest.param(
            foreign(DEPLOYMENTS, "flight-delay-v1", replicas=1),
            MODEL_DEPLOYMENTS,
            "flight-delay",
            id="a Deployment",
        ),
        pytest.param(
            foreign(SERVICES, "flight-delay-v1", selector={"app": "theirs"}),
            MODEL_DEPLOYMENTS,
            "flight-delay",
            id="a version's Service",
        ),
        pytest.param(
            foreign(SERVICES, "flight-delay", selector={"app": "theirs"}),
            MODEL_DEPLOYMENTS,
            "flight-delay",
            id="the stable Service",
        ),
        pytest.param(
            foreign(MODEL_DEPLOYMENTS, "flight-delay", modelName="theirs"),
            MODEL_PIPELINES,
            "flight-delay",
            id="a ModelDeployment",
        ),
    ],
)
def test_namesake_is_named_and_left_alone_until_it_goes(
    stranger: Object, owner: Resource, owner_name: str
) -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.are_deployments_held = stranger["kind"] == "Deployment"
        before = await settle_beside(simulation, stranger)

        conflict = the(simulation, owner, owner_name)
        assert reasons(conflict)["Ready"] == reasons(conflict)["Stalled"] == "NameConflict"
        assert conflict["status"]["conditions"][0]["message"] == (
            f"{stranger['kind']} '{stranger['metadata']['name']}' exists and belongs to somebody "
            "else; rename or remove it"
        )
        writes = simulation.api.writes.copy()
        await simulation.advance(4 * RETRY_SECONDS)
        assert simulation.api.writes == writes
        resource, name = _resource(stranger), stranger["metadata"]["name"]
        if resource != MODEL_DEPLOYMENTS:
            assert simulation.server.find(resource, NAMESPACE, name) == before

        simulation.server.remove(resource, before)
        simulation.controllers.are_deployments_held = False
        await simulation.advance(RETRY_SECONDS)
        assert champion(simulation) == 1

    asyncio.run(played(story))


def test_version_of_somebody_else_keeps_its_number() -> None:
    async def story(simulation: Simulation) -> None:
        theirs = make_version(1, run={"name": "theirs", "uid": "theirs"})
        user_applies(simulation, theirs)
        await start_loop(simulation)

    simulation = asyncio.run(played(story))

    assert versions(simulation) == ["flight-delay-v1", "flight-delay-v2"]
    assert the(simulation, MODEL_VERSIONS, "flight-delay-v1")["spec"]["run"]["name"] == "theirs"
    assert champion(simulation) == 2


def test_version_that_appears_right_before_ours_keeps_its_number() -> None:
    async def story(simulation: Simulation) -> None:
        theirs = make_version(1, run={"name": "theirs", "uid": "theirs"})
        create = simulation.server.create

        def create_theirs_first(resource: Resource, manifest: Object) -> Any:
            if resource == MODEL_VERSIONS:
                simulation.server.create = create  # type: ignore[method-assign]
                user_applies(simulation, theirs)
            return create(resource, manifest)

        simulation.server.create = create_theirs_first  # type: ignore[method-assign]
        await start_loop(simulation)

    simulation = asyncio.run(played(story))

    assert versions(simulation) == ["flight-delay-v1", "flight-delay-v2"]
    assert runs(simulation) == [("Initial", "Registered")]
    assert champion(simulation) == 2


async def replace_while_paused(simulation: Simulation, resource: Resource, item: Object) -> None:
    """Delete an owner and create its namesake before anybody sees the one go."""
    simulation.stop()
    name = item["metadata"]["name"]
    simulation.server.remove(resource, the(simulation, resource, name))
    user_applies(simulation, item)


def uids(simulation: Simulation, resource: Resource) -> set[str]:
    return {item["metadata"]["uid"] for item in simulation.server.all(resource)}


def test_recreated_dataset_collects_anew() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "collect"
        await start_loop(simulation)
        [old] = simulation.server.all(JOBS)
        await replace_while_paused(simulation, DATASETS, make_dataset())
        await simulation.settle()
        [new] = simulation.server.all(JOBS)
        assert new["metadata"]["name"] != old["metadata"]["name"]
        simulation.controllers.held_jobs = ""
        await simulation.settle()

    assert champion(asyncio.run(played(story))) == 1


def test_recreated_run_trains_anew_and_takes_its_own_number() -> None:
    async def story(simulation: Simulation) -> None:
        user_applies(simulation, make_store(), make_dataset(), make_run("mine"))
        await simulation.settle()
        await replace_while_paused(simulation, TRAINING_RUNS, make_run("mine"))
        await simulation.settle()

    simulation = asyncio.run(played(story))

    assert versions(simulation) == ["flight-delay-v1", "flight-delay-v2"]
    uid = "trainingrun-mine-2"
    assert the(simulation, TRAINING_RUNS, "mine")["metadata"]["uid"] == uid
    assert the(simulation, MODEL_VERSIONS, "flight-delay-v2")["spec"]["run"]["uid"] == uid


def test_recreated_deployment_makes_its_own_objects() -> None:
    async def story(simulation: Simulation) -> None:
        user_applies(simulation, make_store(), make_dataset(), make_run(), make_deployment())
        await simulation.settle()
        await replace_while_paused(simulation, MODEL_DEPLOYMENTS, make_deployment())
        await simulation.advance(2 * RETRY_SECONDS)

    simulation = asyncio.run(played(story))

    assert champion(simulation) == 1
    assert uids(simulation, SERVICES) == {"service-flight-delay-2", "service-flight-delay-v1-2"}
    assert uids(simulation, DEPLOYMENTS) == {"deployment-flight-delay-v1-2"}


@pytest.mark.parametrize("is_owned", [True, False], ids=["its own", "a user's"])
def test_recreated_pipeline_opens_a_run_of_its_own(is_owned: bool) -> None:
    """Whether it applies its own ModelDeployment or names a user's."""
    spec: dict[str, Any] = {} if is_owned else {"deployment_name": "mine"}

    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "train"
        user_applies(simulation, make_deployment("mine"))
        await start_loop(simulation, **spec)
        [old] = simulation.server.all(TRAINING_RUNS)
        simulation.controllers.is_garbage_kept = True
        await replace_while_paused(simulation, MODEL_PIPELINES, make_pipeline(**spec))
        await simulation.settle()
        pipeline = the(simulation, MODEL_PIPELINES)
        assert pipeline["status"].get("activeRunName") != old["metadata"]["name"]

        simulation.controllers.is_garbage_kept = False
        simulation.controllers.held_jobs = ""
        await simulation.advance(2 * RETRY_SECONDS)

    simulation = asyncio.run(played(story))

    [run] = simulation.server.all(TRAINING_RUNS)
    assert run["metadata"]["ownerReferences"][0]["uid"] == "modelpipeline-flight-delay-2"
    assert versions(simulation) == ["flight-delay-v1"]
