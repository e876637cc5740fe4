"""Runs and versions beyond `spec.history` go, and nothing that they told is forgotten."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from tests.builders import NAMESPACE, make_deployment, make_run
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_of,
    played,
    post_alert,
    runs,
    short_history,
    start_loop,
    the,
    user_applies,
    versions,
)
from tests.unit.operator.simulation.world import Kill, Listing, Simulation

from tidewheel_operator.runtime.resources import (
    EVENTS,
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    TRAINING_RUNS,
    Resource,
)

IS_LONG = os.environ.get("TIDEWHEEL_TEST_LONG") == "1"
# Room for one run of each outcome and one version, and none for what served before.
TIGHT: dict[str, Any] = {
    "deployment": {"rollback_window_seconds": 0},
    "history": {"completed_runs": 1, "failed_runs": 1, "versions": 1},
}
LOOSE: dict[str, Any] = {"deployment": {"rollback_window_seconds": 0}}
HOLDERS = (
    *(MODEL_VERSIONS, TRAINING_RUNS, MODEL_PIPELINES, MODEL_DEPLOYMENTS),
    *(MODEL_APPROVALS, MODEL_ALIASES),
)


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


async def turn(simulation: Simulation, *rows: int) -> None:
    """Turn the loop once for each growth."""
    for count in rows:
        simulation.bucket.labelled_rows = count
        await simulation.advance(REFRESH_SECONDS)


def remove_all(simulation: Simulation, resource: Resource) -> None:
    for item in simulation.server.all(resource):
        simulation.server.remove(resource, item)


def change_pipeline(simulation: Simulation, **spec: Any) -> None:
    """Change fields of the pipeline's spec."""
    pipeline = the(simulation, MODEL_PIPELINES)
    simulation.server.edit(MODEL_PIPELINES, pipeline, lambda item: item["spec"].update(spec))


def limit(simulation: Simulation, **history: int) -> None:
    """Set the limits of the pipeline."""
    change_pipeline(simulation, history=history)


def pruned_events(simulation: Simulation) -> list[str]:
    events = simulation.server.all(EVENTS)
    return [item["message"] for item in events if item["reason"] == "HistoryPruned"]


def test_pruning_forgets_nothing() -> None:
    """The status of a pipeline is the same whether its past was pruned or not."""

    async def loose(simulation: Simulation) -> None:
        await start_loop(simulation, **LOOSE)
        await turn(simulation, 1500, 2500, 4000)

    async def tight(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        await turn(simulation, 1500, 2500, 4000)

    wanted, pruned = told(loose), told(tight)

    assert the(pruned, MODEL_PIPELINES)["status"] == the(wanted, MODEL_PIPELINES)["status"]
    assert runs(pruned) == [("NewData", "Registered")]
    assert versions(pruned) == ["flight-delay-v3", "flight-delay-v4"]
    assert (len(runs(wanted)), len(versions(wanted))) == (4, 4)


def test_pruning_is_told_by_events() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        for rows in (1500, 2500):
            names.append(the(simulation, MODEL_PIPELINES)["status"]["lastRun"]["name"])
            await turn(simulation, rows)
        await turn(simulation, 2501)

    names: list[str] = []

    said = pruned_events(told(story))

    assert sorted(said) == [
        "ModelVersions beyond `spec.history` were deleted, their artifacts stay in the store: "
        "flight-delay-v1",
        *sorted(
            "TrainingRuns beyond `spec.history` were deleted, their outcomes are in the pipeline's "
            f"status: {name}"
            for name in names
        ),
    ]


def test_answered_cause_stays_answered_when_its_run_was_pruned() -> None:
    """The data comes back that a pruned run has learned."""

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        await turn(simulation, 1500, 2500, 1500, 2500)

    simulation = told(story)

    causes = the(simulation, MODEL_PIPELINES)["status"]["handledCauses"]
    assert [item["cause"] for item in causes] == ["Initial", "NewData", "NewData"]
    assert len(runs(simulation)) == 1


def test_alert_stays_answered_when_its_run_ended_before_it_began_and_was_pruned() -> None:
    async def story(simulation: Simulation) -> list[str]:
        await start_loop(simulation, **TIGHT)
        await turn(simulation, 1100)
        change_pipeline(simulation, suspend=True)
        opened = await post_alert(simulation)
        # A person's run learns what the alert's run was to learn, which then has nothing to do.
        user_applies(simulation, make_run("mine", pipeline_name="flight-delay"))
        await simulation.settle()
        change_pipeline(simulation, suspend=False)
        await turn(simulation, 2500, 4000)
        assert simulation.server.find(TRAINING_RUNS, NAMESPACE, opened.run) is None
        return [opened.outcome, (await post_alert(simulation)).outcome]

    simulation = Simulation()
    outcomes = asyncio.run(story(simulation))

    assert outcomes == ["Opened", "Duplicate"]
    causes = the(simulation, MODEL_PIPELINES)["status"]["handledCauses"]
    assert [item["cause"] for item in causes if not item["began"]] == ["Alert"]


def test_limits_that_are_lowered_hold_at_once_and_at_rest_nothing_is_written() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **LOOSE)
        await turn(simulation, 1500, 2500, 4000)
        limit(simulation, completedRuns=2, failedRuns=0, versions=3)
        await simulation.settle()
        attempts = simulation.api.attempts
        await simulation.advance(REFRESH_SECONDS - 1)
        simulation.stop()
        await simulation.settle()
        assert simulation.api.attempts == attempts

    simulation = told(story)

    assert len(runs(simulation)) == 2
    assert versions(simulation) == [f"flight-delay-v{number}" for number in (2, 3, 4)]


def test_persons_runs_and_their_versions_stay() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        user_applies(simulation, make_run("mine", pipeline_name="flight-delay"), make_run("free"))
        await simulation.settle()
        await turn(simulation, 1500, 2500)

    simulation = told(story)

    names = [item["metadata"]["name"] for item in simulation.server.all(TRAINING_RUNS)]
    assert len(names) == 3
    assert {"mine", "free"} <= set(names)
    assert versions(simulation) == [f"flight-delay-v{number}" for number in (2, 3, 4, 5)]


def test_version_that_somebody_serves_stays_until_it_is_let_go() -> None:
    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        pinned = {"policy": "Pinned", "number": 1}
        user_applies(simulation, make_deployment("theirs", version=pinned))
        await turn(simulation, 1500, 2500)
        await turn(simulation, 4000)
        kept = [f"flight-delay-v{number}" for number in (1, 3, 4)]
        assert versions(simulation) == kept
        simulation.server.remove(MODEL_DEPLOYMENTS, the(simulation, MODEL_DEPLOYMENTS, "theirs"))
        await turn(simulation, 6000)

    assert versions(told(story)) == ["flight-delay-v4", "flight-delay-v5"]


def test_number_is_never_given_again_after_its_run_and_version_went() -> None:
    """Whoever asks: a run of the pipeline, or one that belongs to none."""

    async def story(simulation: Simulation) -> None:
        await start_loop(simulation, **TIGHT)
        await turn(simulation, 1500)
        remove_all(simulation, MODEL_VERSIONS)
        remove_all(simulation, TRAINING_RUNS)
        user_applies(simulation, make_run("free"))
        await simulation.settle()
        remove_all(simulation, MODEL_VERSIONS)
        remove_all(simulation, TRAINING_RUNS)
        await turn(simulation, 4000)

    simulation = told(story)

    assert versions(simulation) == ["flight-delay-v4"]
    assert champion(simulation) == 4


def test_number_that_still_serves_is_not_given_again_by_a_new_pipeline() -> None:
    async def story(simulation: Simulation) -> None:
        user_applies(simulation, make_deployment("mine"))
        await start_loop(simulation, deployment_name="mine")
        remove_all(simulation, MODEL_VERSIONS)
        pipeline = the(simulation, MODEL_PIPELINES)
        simulation.server.remove(MODEL_PIPELINES, pipeline)
        await simulation.settle()
        metadata = {key: pipeline["metadata"][key] for key in ("name", "namespace")}
        user_applies(simulation, {**pipeline, "metadata": metadata})
        await simulation.settle()

    simulation = told(story)

    assert versions(simulation) == ["flight-delay-v2"]
    mine = the(simulation, MODEL_DEPLOYMENTS, "mine")
    assert mine["status"]["champion"]["number"] == 2


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
@pytest.mark.parametrize("is_fatal", [False, True], ids=["lost connection", "kill"])
def test_end_is_the_same_after_a(is_fatal: bool, is_after: bool) -> None:
    """Around every write, or in short around those that have to do with pruning."""
    undisturbed = told(short_history)
    wanted = end_of(undisturbed)
    assert versions(undisturbed) == ["flight-delay-v2", "flight-delay-v3"]

    differences = []
    for index in range(undisturbed.api.attempts) if IS_LONG else _near_pruning(undisturbed):
        simulation = asyncio.run(played(short_history, Kill(index, is_after, is_fatal)))
        assert simulation.api.kill is None, f"the operator did not come to its write {index}"
        if end_of(simulation) != wanted:
            differences.append(index)

    assert differences == []


def _near_pruning(simulation: Simulation) -> Iterator[int]:
    writes = simulation.api.writes
    assert len(writes) == simulation.api.attempts
    pruned = {("delete", "TrainingRun"), ("delete", "ModelVersion")}
    for index in range(len(writes)):
        around = writes[max(0, index - 2) : index + 3]
        if any((write.verb, write.kind) in pruned for write in around):
            yield index


@pytest.mark.parametrize("seed", range(300 if IS_LONG else 10))
def test_late_and_shuffled_news_change_nothing(seed: int) -> None:
    wanted = end_of(told(short_history))

    assert end_of(asyncio.run(played(short_history, seed=seed, workers=4))) == wanted


@pytest.mark.parametrize("kind", HOLDERS, ids=[resource.plural for resource in HOLDERS])
def test_old_list_of_one_kind_prunes_nothing_wrong(kind: Resource) -> None:
    """An operator begins with a LIST of any age, and a pruning is due."""

    async def prepare(simulation: Simulation) -> None:
        await start_loop(simulation, **LOOSE)
        user_applies(
            simulation, make_deployment("theirs", version={"policy": "Pinned", "number": 1})
        )
        await turn(simulation, 1500, 2500, 4000)
        # By an old list, these are the newest of all.
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v4"))
        await simulation.settle()

    async def finish(simulation: Simulation, stale: Listing | None) -> None:
        simulation.stop()
        limit(simulation, completedRuns=1, failedRuns=1, versions=1)
        await simulation.start(stale)
        await simulation.settle()

    undisturbed = Simulation()
    listings = undisturbed.api.listings = []
    asyncio.run(prepare(undisturbed))
    undisturbed.api.listings = None
    asyncio.run(finish(undisturbed, None))
    wanted = end_of(undisturbed)
    assert versions(undisturbed) == ["flight-delay-v1", "flight-delay-v3"]

    differences = []
    for index in range(0, len(listings), 1 if IS_LONG else 12):
        simulation = Simulation()
        asyncio.run(prepare(simulation))
        asyncio.run(finish(simulation, {kind: listings[index][kind]}))
        if end_of(simulation) != wanted:
            differences.append(index)

    assert differences == []
