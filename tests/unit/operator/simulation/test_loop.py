"""The loop turns: data, run, version, deployment, and again; and then it is quiet."""

import asyncio
import os
from collections import Counter

import pytest
from tests.builders import NAMESPACE, make_run
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_of,
    played,
    post_alert,
    runs,
    start_loop,
    user_applies,
    versions,
    whole_loop,
)
from tests.unit.operator.simulation.world import Simulation

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_operator.runtime.resources import (
    DATASETS,
    DEPLOYMENTS,
    EVENTS,
    MODEL_PIPELINES,
    SERVICES,
    TRAINING_RUNS,
)


def triggered(simulation: Simulation) -> tuple[str, str]:
    """Return whether the pipeline wants a run, and why or why not."""
    item = simulation.server.find(MODEL_PIPELINES, NAMESPACE, "flight-delay")
    assert item is not None
    found = {condition["type"]: condition for condition in item["status"]["conditions"]}
    return found["Triggered"]["status"], found["Triggered"]["reason"]


def test_first_version_serves() -> None:
    simulation = asyncio.run(played(start_loop))

    assert runs(simulation) == [("Initial", "Registered")]
    assert versions(simulation) == ["flight-delay-v1"]
    assert champion(simulation) == 1
    assert triggered(simulation) == ("False", "NothingNewToLearn")


def test_new_data_opens_a_run_whose_version_takes_over() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.bucket.labelled_rows = 1400
        await simulation.advance(REFRESH_SECONDS)

    simulation = asyncio.run(played(story))

    assert runs(simulation) == [("Initial", "Registered"), ("NewData", "Registered")]
    assert champion(simulation) == 2
    stable = simulation.server.find(SERVICES, NAMESPACE, "flight-delay")
    assert stable is not None
    assert stable["spec"]["selector"] == {
        "tidewheel.dev/deployment": "flight-delay",
        "tidewheel.dev/version": "2",
    }


def test_too_little_new_data_opens_nothing() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.bucket.labelled_rows = 1399
        await simulation.advance(REFRESH_SECONDS)

    simulation = asyncio.run(played(story))

    assert runs(simulation) == [("Initial", "Registered")]
    assert triggered(simulation) == ("False", "BelowGrowthLimit")


def test_alert_opens_one_run_however_often_it_comes() -> None:
    async def story(simulation: Simulation) -> list[str]:
        await start_loop(simulation)
        simulation.bucket.labelled_rows = 1100
        await simulation.advance(REFRESH_SECONDS)
        before = [(await post_alert(simulation)).outcome for _ in range(3)]
        await simulation.settle()
        after = [
            (await post_alert(simulation)).outcome,
            (await post_alert(simulation, "b")).outcome,
        ]
        await simulation.settle()
        return before + after

    simulation = Simulation()
    outcomes = asyncio.run(story(simulation))

    assert outcomes == ["Opened", "Duplicate", "Duplicate", "Duplicate", "NothingNewToLearn"]
    assert runs(simulation) == [("Initial", "Registered"), ("Alert", "Registered")]


def test_alerts_meet_in_one_queued_run() -> None:
    async def story(simulation: Simulation) -> list[str]:
        await start_loop(simulation, suspend=False)
        simulation.bucket.labelled_rows = 1100
        await simulation.advance(REFRESH_SECONDS)
        pipeline = simulation.server.find(MODEL_PIPELINES, NAMESPACE, "flight-delay")
        assert pipeline is not None
        simulation.server.edit(
            MODEL_PIPELINES, pipeline, lambda item: item["spec"].update(suspend=True)
        )
        await simulation.settle()
        outcomes = []
        for name in "abc":
            outcomes.append((await post_alert(simulation, name)).outcome)
            await simulation.settle()
        return outcomes

    simulation = Simulation()
    outcomes = asyncio.run(story(simulation))

    assert outcomes == ["Opened", "Coalesced", "Coalesced"]
    assert runs(simulation) == [("Alert", "Queued"), ("Initial", "Registered")]
    [queued] = [
        item
        for item in simulation.server.all(TRAINING_RUNS)
        if item["status"]["trigger"]["cause"] == "Alert"
    ]
    assert queued["status"]["coalescedAlerts"] == 2
    assert triggered(simulation) == ("True", "Suspended")


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.INCONCLUSIVE])
def test_run_without_a_version_is_not_repeated_on_the_same_rows(verdict: Verdict) -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.bucket.verdict = verdict
        simulation.bucket.labelled_rows = 1400
        await simulation.advance(10 * REFRESH_SECONDS)

    simulation = asyncio.run(played(story))

    assert sorted(runs(simulation)) == [("Initial", "Registered"), ("NewData", verdict.value)]
    assert champion(simulation) == 1


def test_version_before_goes_when_its_window_has_passed() -> None:
    simulation = asyncio.run(played(whole_loop))

    for resource in (DEPLOYMENTS, SERVICES):
        names = [item["metadata"]["name"] for item in simulation.server.all(resource)]
        assert [name for name in names if "-v" in name] == ["flight-delay-v3"]


def test_settled_loop_writes_nothing_more() -> None:
    async def story() -> int:
        simulation = await played(start_loop)
        life = simulation.life
        assert life is not None
        before = simulation.api.attempts
        for resource, _, _ in list(simulation.server.objects):
            for item in simulation.server.all(resource):
                life.world.cache.touch(resource, item)
        assert len(life.dirty) == 6
        await simulation.settle()
        simulation.stop()
        await simulation.settle()
        return simulation.api.attempts - before

    assert asyncio.run(story()) == 0


def test_looking_at_unchanged_data_writes_only_about_the_look() -> None:
    async def story() -> Counter[str]:
        simulation = await played(start_loop)
        before = Counter(f"{write.verb} {write.kind}" for write in simulation.api.writes)
        await simulation.advance(REFRESH_SECONDS + 1)
        after = Counter(f"{write.verb} {write.kind}" for write in simulation.api.writes)
        return after - before

    assert asyncio.run(story()) == {"create Job": 1, "status Dataset": 1, "delete Job": 1}


@pytest.mark.parametrize("workers", [1, 4])
def test_late_and_shuffled_news_change_nothing(workers: int) -> None:
    wanted = end_of(asyncio.run(played(whole_loop)))
    seeds = range(500 if os.environ.get("TIDEWHEEL_TEST_LONG") == "1" else 20)

    others = {
        seed: end_of(asyncio.run(played(whole_loop, seed=seed, workers=workers))) for seed in seeds
    }

    assert [seed for seed, end in others.items() if end != wanted] == []


def test_two_runs_that_register_at_once_take_two_numbers() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation)
        simulation.controllers.held_jobs = "train"
        user_applies(simulation, make_run("one"), make_run("two"))
        await simulation.settle()
        simulation.controllers.held_jobs = ""
        while simulation.controllers.act():
            """Both Jobs end before the operator looks."""
        await simulation.settle()

    for seed in range(30):
        simulation = asyncio.run(played(story, seed=seed, workers=4))

        assert versions(simulation) == [f"flight-delay-v{number}" for number in (1, 2, 3)]
        events = [item["reason"] for item in simulation.server.all(EVENTS)]
        assert "NameConflict" not in events, f"with seed {seed}"


def test_dataset_is_ready_throughout() -> None:
    simulation = asyncio.run(played(start_loop))

    item = simulation.server.find(DATASETS, NAMESPACE, "flights")
    assert item is not None
    assert [(c["type"], c["reason"]) for c in item["status"]["conditions"]] == [
        ("Ready", "SnapshotReady")
    ]
