"""A pipeline opens and admits runs by what the server has, not by what an old list says."""

import asyncio

from tests.builders import NAMESPACE, Object, make_dataset, make_pipeline, make_snapshot
from tests.unit.operator.policies.loops import learned, queued, recipe, target
from tests.unit.operator.reconcile.worlds import found, make_world

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.names import digest_of
from tidewheel_operator.reconcile import model_pipeline
from tidewheel_operator.reconcile.step import reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS, TRAINING_RUNS

DATASET = make_dataset(status=DatasetStatus(snapshot=make_snapshot()))
SECOND = make_snapshot("snapshot two", 1500)
GROWN = DatasetStatus(snapshot=SECOND).to_wire()
PIPELINE = make_pipeline()


def step(world: World) -> None:
    asyncio.run(reconcile(model_pipeline.RECONCILER, world, NAMESPACE, "flight-delay"))


def fingerprint(run: Object) -> str:
    text: str = run["metadata"]["annotations"][labels.FINGERPRINT]
    return text


def test_run_is_opened_for_the_snapshot_that_the_server_has() -> None:
    world, api = make_world(DATASET, PIPELINE)
    api.server.set_status(DATASETS, DATASET, GROWN)

    step(world)

    [run] = api.server.all(TRAINING_RUNS)
    assert fingerprint(run) == digest_of("\n".join((SECOND.digest, recipe(), target())))


def test_run_that_learned_what_the_server_has_is_not_repeated() -> None:
    known = learned()
    assert known.last_run is not None
    last = known.last_run.model_copy(update={"snapshot_digest": SECOND.digest})
    pipeline = make_pipeline(status=known.model_copy(update={"last_run": last}))
    run = queued("alert-1", Cause.ALERT)
    world, api = make_world(DATASET, pipeline, run)
    api.server.set_status(DATASETS, DATASET, GROWN)

    step(world)

    [triggered] = [
        item for item in found(api, pipeline)["status"]["conditions"] if item["type"] == "Triggered"
    ]
    assert (triggered["status"], triggered["message"]) == (
        "False",
        "run 'alert-1' has nothing new to learn and ends",
    )


def test_admitted_run_is_remembered_with_the_snapshot_that_the_server_has() -> None:
    pipeline = make_pipeline(status=learned())
    run = queued("by-hand", Cause.DEMAND)
    world, api = make_world(DATASET, pipeline, run)
    api.server.set_status(DATASETS, DATASET, GROWN)

    step(world)

    status = found(api, pipeline)["status"]
    assert status["activeRunName"] == "by-hand"
    assert (status["lastRun"]["snapshotDigest"], status["lastRun"]["labelledRows"]) == (
        SECOND.digest,
        1500,
    )
