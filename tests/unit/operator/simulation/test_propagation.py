"""Deletions in every state and of every propagation leave no orphan and hang nowhere."""

import asyncio
import os
import random

import pytest
from tests.builders import Object, make_dataset, make_pipeline
from tests.unit.operator.simulation.propagation import (
    Propagation,
    at_write,
    delete,
    end_namespace,
    everything,
    with_collector,
)
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_state,
    first_two_versions,
    played,
    post_alert,
    reasons,
    the,
    user_applies,
    whole_loop,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_contracts import labels
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import (
    DATASETS,
    DEPLOYMENTS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    SERVICES,
    TRAINING_RUNS,
    Resource,
)

IS_LONG = os.environ.get("TIDEWHEEL_TEST_LONG") == "1"
MOMENTS = 12
RETRY_SECONDS = 61
TARGETS = (DATASETS, TRAINING_RUNS, MODEL_DEPLOYMENTS, MODEL_PIPELINES)


async def every_state(simulation: Simulation) -> None:
    """Pending, collecting, training, registering, switching over, pinned, rolled back, queued."""
    await first_two_versions(simulation)
    _change_pipeline(simulation, {"deployment": {"version": {"policy": "Pinned", "number": 1}}})
    await simulation.settle()
    _change_pipeline(simulation, {"deployment": {"version": {"policy": "Latest"}}})
    _change_pipeline(simulation, {"suspend": True})
    simulation.bucket.labelled_rows = 1600
    await simulation.advance(REFRESH_SECONDS)
    await post_alert(simulation)
    await simulation.settle()


def _change_pipeline(simulation: Simulation, change: Object) -> None:
    def edit(item: Object) -> None:
        item["spec"] |= change

    for pipeline in simulation.server.all(MODEL_PIPELINES):
        simulation.server.edit(MODEL_PIPELINES, pipeline, edit)


def moments(target: Resource, propagation: Propagation) -> list[int]:
    """Return after which writes to delete: all, or some that differ from case to case."""
    writes = len(asyncio.run(played(every_state)).api.writes)
    if IS_LONG:
        return list(range(writes - 1))
    dice = random.Random(f"{target.plural} {propagation.name}")  # noqa: S311 - not a secret
    return sorted(dice.sample(range(writes - 1), MOMENTS))


async def deleted_at(
    moment: int, target: Resource, propagation: Propagation
) -> tuple[Simulation, list[int]]:
    """Play every state, and delete the newest object of a kind after a write."""
    simulation = Simulation()
    with_collector(simulation)

    def act() -> bool:
        found = simulation.server.all(target)
        if found:
            newest = max(found, key=lambda item: int(item["metadata"]["resourceVersion"]))
            delete(simulation, target, newest, propagation)
        return bool(found)

    done = at_write(simulation, moment, act)
    await every_state(simulation)
    await simulation.advance(2 * REFRESH_SECONDS)
    return simulation, done


def hanging(simulation: Simulation) -> list[str]:
    """Return what waits for a finalizer, or for an owner that is gone."""
    objects = everything(simulation.server)
    uids = {item["metadata"]["uid"] for _, item in objects}
    return [
        f"{resource.kind} {item['metadata']['name']}"
        for resource, item in objects
        if item["metadata"].get("finalizers")
        or "deletionTimestamp" in item["metadata"]
        or ((owner := owner_of(item)) is not None and owner["uid"] not in uids)
    ]


def let_go(simulation: Simulation) -> list[tuple[Resource, Object]]:
    """Return the children that nobody controls; ModelVersions never have an owner."""
    return [
        (resource, item)
        for resource, item in everything(simulation.server)
        if resource != MODEL_VERSIONS
        and (item["metadata"].get("labels") or {}).get(labels.MANAGED_BY) == labels.MANAGER
        and owner_of(item) is None
    ]


@pytest.mark.parametrize("propagation", Propagation, ids=lambda value: value.name.lower())
@pytest.mark.parametrize("target", TARGETS, ids=lambda value: value.kind)
def test_deletion_hangs_nowhere_and_the_loop_recovers(
    target: Resource, propagation: Propagation
) -> None:
    for moment in moments(target, propagation):
        asyncio.run(_delete_and_recover(moment, target, propagation))


async def _delete_and_recover(moment: int, target: Resource, propagation: Propagation) -> None:
    simulation, done = await deleted_at(moment, target, propagation)
    where = f"{target.kind} after write {moment}"
    assert done, where
    assert hanging(simulation) == [], where
    orphans = let_go(simulation)
    if propagation is not Propagation.ORPHAN:
        assert orphans == [], where
    if target == MODEL_PIPELINES:
        _is_left_by_the_pipeline(simulation, propagation, where)
        user_applies(simulation, make_pipeline())
    if target == DATASETS:
        assert reasons(the(simulation, MODEL_PIPELINES))["Ready"] == "WaitingForData", where
        user_applies(simulation, make_dataset())
    _change_pipeline(simulation, {"suspend": False})
    # Who lets children go must take them away before others can have their names.
    for resource, item in orphans:
        simulation.server.remove(resource, the(simulation, resource, item["metadata"]["name"]))
    await simulation.advance(REFRESH_SECONDS + RETRY_SECONDS)
    assert champion(simulation) is not None, where
    assert reasons(the(simulation, MODEL_PIPELINES))["Ready"] == "Turning", where
    assert hanging(simulation) == [], where


def _is_left_by_the_pipeline(simulation: Simulation, propagation: Propagation, where: str) -> None:
    kinds = {name.split("/")[0] for name in end_state(simulation.server)}
    if propagation is Propagation.ORPHAN:
        # What there was by then stays, and the deployment goes on serving.
        assert kinds >= {"ArtifactStore", "Dataset"}, where
    else:
        assert kinds <= {"ArtifactStore", "Dataset", "ModelVersion"}, where


def test_orphaned_deployment_goes_on_serving_and_its_namesake_says_why_it_does_not() -> None:
    async def story(simulation: Simulation) -> None:
        with_collector(simulation)
        await first_two_versions(simulation)
        pipeline = the(simulation, MODEL_DEPLOYMENTS)
        delete(simulation, MODEL_DEPLOYMENTS, pipeline, Propagation.ORPHAN)
        await simulation.settle()
        before = [simulation.server.all(kind) for kind in (DEPLOYMENTS, SERVICES)]

        # The pipeline has applied another ModelDeployment, whose children cannot come.
        await simulation.advance(10 * RETRY_SECONDS)

        found = the(simulation, MODEL_DEPLOYMENTS)
        assert found["metadata"]["uid"] != pipeline["metadata"]["uid"]
        assert reasons(found)["Stalled"] == "NameConflict"
        assert "has lost its ownerReference" in found["status"]["conditions"][0]["message"]
        assert [simulation.server.all(kind) for kind in (DEPLOYMENTS, SERVICES)] == before

    asyncio.run(played(story))


def test_nothing_is_made_for_an_owner_that_is_being_deleted() -> None:
    """Foreground: the children go one by one while their owner is still there."""

    async def story(simulation: Simulation) -> None:
        await first_two_versions(simulation)
        for resource in (MODEL_PIPELINES, MODEL_DEPLOYMENTS, DATASETS):
            for item in simulation.server.all(resource):
                delete(simulation, resource, item, Propagation.FOREGROUND)
        await simulation.settle()
        attempts = simulation.api.attempts
        for resource in (DEPLOYMENTS, SERVICES, TRAINING_RUNS):
            for item in simulation.server.all(resource):
                simulation.server.remove(resource, item)
                await simulation.advance(RETRY_SECONDS)
        await simulation.advance(2 * REFRESH_SECONDS)
        assert simulation.api.attempts == attempts

    asyncio.run(played(story))


@pytest.mark.parametrize("seed", range(300 if IS_LONG else 15))
def test_namespace_that_is_deleted_in_the_middle_becomes_empty(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not a secret

    async def story(simulation: Simulation) -> None:
        def end() -> bool:
            end_namespace(simulation)
            return True

        at_write(simulation, seed * 7 % 110, end)
        await first_two_versions(simulation)
        end_namespace(simulation)
        refused = simulation.api.attempts
        while objects := everything(simulation.server):
            simulation.server.remove(*dice.choice(objects))
            if dice.random() < 0.5:
                await simulation.settle()
        await simulation.advance(2 * REFRESH_SECONDS)
        tries.append(simulation.api.attempts - refused)

    tries: list[int] = []
    simulation = asyncio.run(played(story))

    assert everything(simulation.server) == []
    assert tries[0] < 200


def test_no_object_ever_gets_a_finalizer() -> None:
    """Nothing outside the cluster is to be undone, so no deletion waits for an operator."""
    found: set[str] = set()

    async def story(simulation: Simulation) -> None:
        simulation.server.watchers.append(
            lambda _, __, item: found.update(item["metadata"].get("finalizers") or ())
        )
        await whole_loop(simulation)

    simulation = asyncio.run(played(story))

    assert champion(simulation) == 3
    assert found == set()
    assert hanging(simulation) == []


def test_operator_that_is_away_during_collecting_and_switching_over_goes_on() -> None:
    """Jobs end and pods answer while nobody looks."""

    async def story(simulation: Simulation) -> None:
        await first_two_versions(simulation)
        for rows, held in ((2500, "collect"), (4000, "train")):
            simulation.bucket.labelled_rows = rows
            simulation.controllers.held_jobs = held
            await simulation.advance(REFRESH_SECONDS)
            _work_unseen(simulation)
        simulation.bucket.labelled_rows = 6000
        simulation.controllers.are_deployments_held = True
        await simulation.advance(REFRESH_SECONDS)
        assert the(simulation, MODEL_DEPLOYMENTS)["status"]["candidate"]["number"] == 5
        _work_unseen(simulation)
        await simulation.settle()

    simulation = asyncio.run(played(story))

    assert champion(simulation) == 5
    assert hanging(simulation) == []


def _work_unseen(simulation: Simulation) -> None:
    simulation.stop()
    simulation.controllers.held_jobs = ""
    simulation.controllers.are_deployments_held = False
    while simulation.controllers.act():
        """Everything else goes on."""
