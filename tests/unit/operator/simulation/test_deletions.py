"""People delete what is in use, and the loop goes on or says why not."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders import Object, make_run
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_state,
    first_two_versions,
    played,
    reasons,
    runs,
    start_loop,
    the,
    user_applies,
    versions,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
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


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


async def stop_in_training(simulation: Simulation) -> Object:
    """Start the loop and hold its first run's Job; return the run."""
    await start_loop_held(simulation)
    [run] = simulation.server.all(TRAINING_RUNS)
    assert run["status"]["stage"] == "Training"
    return run


async def start_loop_held(simulation: Simulation) -> None:
    """Start the loop up to the first training Job, which does not end."""
    simulation.controllers.held_jobs = "train"
    await start_loop(simulation)


async def go_on(simulation: Simulation) -> None:
    simulation.controllers.held_jobs = ""
    await simulation.settle()


def test_deleted_training_job_is_made_again_on_the_same_snapshot() -> None:
    async def story(simulation: Simulation) -> None:
        await stop_in_training(simulation)
        [job] = simulation.server.all(JOBS)
        simulation.server.remove(JOBS, job)
        await simulation.settle()
        await go_on(simulation)

    simulation = told(story)

    [run] = simulation.server.all(TRAINING_RUNS)
    assert (run["status"]["attempt"], reasons(run)["Ready"]) == (2, "Registered")
    assert versions(simulation) == ["flight-delay-v1"]


def test_training_job_deleted_again_and_again_fails_the_run() -> None:
    async def story(simulation: Simulation) -> None:
        await stop_in_training(simulation)
        for _ in range(3):
            [job] = simulation.server.all(JOBS)
            simulation.server.remove(JOBS, job)
            await simulation.settle()

    simulation = told(story)

    assert runs(simulation) == [("Initial", "JobLost")]
    assert simulation.server.all(JOBS) == []
    assert reasons(the(simulation, MODEL_PIPELINES))["Ready"] == "FirstModelPending"


def test_deleted_collecting_job_is_made_again() -> None:
    async def story(simulation: Simulation) -> None:
        simulation.controllers.held_jobs = "collect"
        await start_loop(simulation)
        [job] = simulation.server.all(JOBS)
        simulation.server.remove(JOBS, job)
        await go_on(simulation)

    assert champion(told(story)) == 1


def test_deleted_run_in_flight_ends_and_its_cause_stays_answered() -> None:
    async def story(simulation: Simulation) -> None:
        run = await stop_in_training(simulation)
        simulation.server.remove(TRAINING_RUNS, run)
        await go_on(simulation)

    simulation = told(story)

    assert (runs(simulation), versions(simulation), simulation.server.all(JOBS)) == ([], [], [])
    pipeline = the(simulation, MODEL_PIPELINES)
    assert reasons(pipeline)["Triggered"] == "NothingNewToLearn"
    assert "activeRunName" not in pipeline["status"]


def test_new_data_opens_a_run_after_one_was_deleted() -> None:
    async def story(simulation: Simulation) -> None:
        run = await stop_in_training(simulation)
        simulation.server.remove(TRAINING_RUNS, run)
        await go_on(simulation)
        simulation.bucket.labelled_rows = 1001
        await simulation.advance(REFRESH_SECONDS)

    simulation = told(story)

    assert runs(simulation) == [("Initial", "Registered")]
    assert champion(simulation) == 1


def test_deleted_run_that_has_ended_is_not_opened_again() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        for run in simulation.server.all(TRAINING_RUNS):
            simulation.server.remove(TRAINING_RUNS, run)
        await simulation.advance(2 * REFRESH_SECONDS)

    simulation = told(story)

    assert (runs(simulation), champion(simulation)) == ([], 1)


def test_deleted_champion_serves_on_and_its_number_is_never_used_again() -> None:
    async def story(simulation: Simulation) -> None:
        await first_two_versions(simulation)
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v2"))
        await simulation.settle()
        deployment = the(simulation, MODEL_DEPLOYMENTS)
        assert reasons(deployment)["VersionMissing"] == "Deleted"
        assert champion(simulation) == 2
        simulation.bucket.labelled_rows = 4000
        await simulation.advance(REFRESH_SECONDS)

    simulation = told(story)

    assert versions(simulation) == ["flight-delay-v1", "flight-delay-v3"]
    assert champion(simulation) == 3
    assert "VersionMissing" not in reasons(the(simulation, MODEL_DEPLOYMENTS))


def test_deleted_version_and_run_give_their_number_to_nobody() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        for resource in (MODEL_VERSIONS, TRAINING_RUNS):
            for item in simulation.server.all(resource):
                simulation.server.remove(resource, item)
        await simulation.settle()
        simulation.bucket.labelled_rows = 4000
        await simulation.advance(REFRESH_SECONDS)

    assert versions(told(story)) == ["flight-delay-v2"]


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (DEPLOYMENTS, "flight-delay-v1"),
        (SERVICES, "flight-delay-v1"),
        (SERVICES, "flight-delay"),
        (MODEL_DEPLOYMENTS, "flight-delay"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_deleted_part_of_a_deployment_is_made_again(resource: Resource, name: str) -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.server.remove(resource, the(simulation, resource, name))
        await simulation.settle()

    simulation = told(story)

    assert "uid" in the(simulation, resource, name)["metadata"]
    assert end_state(simulation.server).keys() == end_state(told(start_loop).server).keys()
    assert champion(simulation) == 1


@pytest.mark.parametrize(
    ("resource", "name", "change"),
    [
        pytest.param(
            DEPLOYMENTS,
            "flight-delay-v1",
            lambda item: item["spec"].update(replicas=7),
            id="replicas of a Deployment",
        ),
        pytest.param(
            SERVICES,
            "flight-delay",
            lambda item: item["spec"]["selector"].update({"tidewheel.dev/version": "9"}),
            id="selector of the stable Service",
        ),
        pytest.param(
            MODEL_DEPLOYMENTS,
            "flight-delay",
            lambda item: item["spec"].update(replicas=7),
            id="replicas of the pipeline's ModelDeployment",
        ),
    ],
)
def test_edited_part_of_a_deployment_is_put_right(
    resource: Resource, name: str, change: Callable[[Object], None]
) -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.server.edit(resource, the(simulation, resource, name), change)
        await simulation.settle()

    wanted = the(told(start_loop), resource, name)

    assert the(told(story), resource, name)["spec"] == wanted["spec"]


def test_dataset_deleted_in_training_lets_the_run_end() -> None:
    async def story(simulation: Simulation) -> None:
        await stop_in_training(simulation)
        simulation.server.remove(DATASETS, the(simulation, DATASETS, "flights"))
        await simulation.settle()
        [run] = simulation.server.all(TRAINING_RUNS)
        assert reasons(run)["Ready"] == "DatasetMissing"
        await go_on(simulation)

    simulation = told(story)

    assert runs(simulation) == [("Initial", "Registered")]
    assert champion(simulation) == 1
    assert reasons(the(simulation, MODEL_PIPELINES)) == {
        "Ready": "WaitingForData",
        "Stalled": "WaitingForData",
        "Triggered": "WaitingForData",
    }


def test_deleted_store_stops_changes_and_leaves_what_serves() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.server.remove(ARTIFACT_STORES, the(simulation, ARTIFACT_STORES, "default"))
        await simulation.advance(2 * REFRESH_SECONDS)

    simulation = told(story)

    assert reasons(the(simulation, DATASETS, "flights"))["Stalled"] == "ArtifactStoreMissing"
    assert reasons(the(simulation, MODEL_DEPLOYMENTS))["Stalled"] == "ArtifactStoreMissing"
    assert the(simulation, DEPLOYMENTS, "flight-delay-v1")["status"]["readyReplicas"] == 1


def test_deleted_pipeline_takes_all_but_the_versions_with_it() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.server.remove(MODEL_PIPELINES, the(simulation, MODEL_PIPELINES))
        await simulation.settle()

    assert end_state(told(story).server).keys() == {
        "ArtifactStore/default",
        "Dataset/flights",
        "ModelVersion/flight-delay-v1",
    }


def test_two_runs_of_one_model_take_two_numbers() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        user_applies(simulation, make_run("one"), make_run("two"))
        await simulation.settle()

    simulation = told(story)

    assert versions(simulation) == [f"flight-delay-v{number}" for number in (1, 2, 3)]
    assert runs(simulation) == [
        ("Initial", "Registered"),
        ("Demand", "Registered"),
        ("Demand", "Registered"),
    ]
