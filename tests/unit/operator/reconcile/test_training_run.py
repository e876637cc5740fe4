"""A run neither ends before it begins, nor pins a snapshot, by what an old list says."""

import asyncio
import json

from tests.builders import (
    NAMESPACE,
    Object,
    make_dataset,
    make_pipeline,
    make_run,
    make_snapshot,
    make_store,
)
from tests.unit.operator.observations import request_text
from tests.unit.operator.policies.loops import last_run, learned, queued
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.reconcile import training_run
from tidewheel_operator.reconcile.step import reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS, JOBS, MODEL_PIPELINES

DATASET = make_dataset(status=DatasetStatus(snapshot=make_snapshot()))
GROWN = DatasetStatus(snapshot=make_snapshot("snapshot two", 1500)).to_wire()
PIPELINE = make_pipeline(status=learned())
RUN = queued("more-data", Cause.NEW_DATA)


def step(world: World, name: str) -> None:
    asyncio.run(reconcile(training_run.RECONCILER, world, NAMESPACE, name))


def said(run: Object) -> tuple[str, str]:
    """Return the stage of a run, and the reason of its Ready condition."""
    [ready] = [item for item in run["status"]["conditions"] if item["type"] == "Ready"]
    return run["status"]["stage"], ready["reason"]


def test_run_ends_when_the_last_one_learned_the_snapshot() -> None:
    world, api = make_world(make_store(), DATASET, PIPELINE, RUN)

    step(world, "more-data")

    assert said(found(api, RUN)) == ("Finished", "NothingNewToLearn")


def test_run_for_a_snapshot_that_the_cache_does_not_know_yet_waits_for_its_turn() -> None:
    world, api = make_world(make_store(), DATASET, PIPELINE, RUN)
    api.server.set_status(DATASETS, DATASET, GROWN)

    step(world, "more-data")

    assert said(found(api, RUN)) == ("Queued", "Queued")


def test_run_waits_when_its_pipeline_remembers_another_snapshot_by_now() -> None:
    world, api = make_world(make_store(), DATASET, PIPELINE, RUN)
    other = last_run(snapshot_digest=make_snapshot("another").digest)
    api.server.set_status(MODEL_PIPELINES, PIPELINE, learned(last_run=other).to_wire())

    step(world, "more-data")

    assert said(found(api, RUN)) == ("Queued", "Queued")


def test_run_that_waits_for_its_turn_asks_the_server_nothing() -> None:
    grown = make_dataset(status=DatasetStatus.model_validate(GROWN))
    world, api = make_world(make_store(), grown, PIPELINE, RUN)
    step(world, "more-data")
    api.calls.clear()

    step(world, "more-data")

    assert api.calls == []


def test_run_that_begins_learns_the_snapshot_that_the_server_has() -> None:
    run = make_run()
    world, api = make_world(make_store(), DATASET, run)
    api.server.set_status(DATASETS, DATASET, GROWN)

    step(world, "by-hand")

    [job] = api.server.all(JOBS)
    assert json.loads(request_text(job))["snapshot"]["labelledRows"] == 1500
