"""Workers go on whatever happens to a key, and no key is lost when they are stopped."""

import asyncio
from typing import Any

import pytest
from tests.builders import NAMESPACE, Object, make_dataset, make_store
from tests.unit.operator.reconcile.worlds import NotingApi, away, make_world
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.reconcile.workers import run_workers
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Outcome
from tidewheel_operator.runtime.fence import NotLeaderError
from tidewheel_operator.runtime.metrics import RECONCILES
from tidewheel_operator.runtime.queue import Key, Lane, WorkQueue
from tidewheel_operator.runtime.resources import DATASETS, Resource
from tidewheel_operator.runtime.vitals import Vitals

FLIGHTS = Key("datasets", NAMESPACE, "flights")


def _change(item: Object) -> None:
    """Change the spec as a person does."""
    item["spec"]["target"]["column"] = "other"


def results() -> dict[str, float]:
    """Return how many reconciliations of Datasets have had each result in this process."""
    return {
        sample.labels["result"]: sample.value
        for metric in RECONCILES.collect()
        for sample in metric.samples
        if sample.labels["kind"] == "datasets" and sample.name.endswith("_total")
    }


def counted(world: World, *keys: Key) -> dict[str, float]:
    """Let a worker take keys; return what that adds to the results."""
    before = results()
    worked(world, *keys)
    return {
        name: value - before.get(name, 0.0)
        for name, value in results().items()
        if value > before.get(name, 0.0)
    }


def worked(world: World, *keys: Key) -> WorkQueue:
    """Let one worker take keys until it has nothing to do."""

    async def scenario() -> WorkQueue:
        queue = WorkQueue()
        for key in keys:
            queue.add(key)
        working = asyncio.ensure_future(run_workers(world, queue, Vitals(), 1))
        for _ in range(200):
            await asyncio.sleep(0)
        assert (len(queue), working.done()) == (0, False)
        working.cancel()
        return queue

    return asyncio.run(scenario())


def backing_off(queue: WorkQueue) -> set[Key]:
    """Return the keys that failed and will be tried again."""
    return set(queue._failures)


@pytest.mark.parametrize("failure", [away(), KeyError("a defect of ours")], ids=["away", "defect"])
def test_worker_goes_on_after_a_failure(failure: Exception, caplog: Any) -> None:
    other: Object = make_dataset("weather", metadata={"uid": "uid-2"})
    world, api = make_world(make_store(), make_dataset(), other)
    api.answers["get Dataset"] = failure

    queue = worked(world, FLIGHTS, Key("datasets", NAMESPACE, "weather"))

    assert backing_off(queue) == {FLIGHTS, Key("datasets", NAMESPACE, "weather")}
    assert caplog.text.count("will be tried again") == 2
    assert [vars(one)["object"] for one in caplog.records] == [
        {"kind": "Dataset", "namespace": NAMESPACE, "name": name, "uid": ""}
        for name in ("flights", "weather")
    ]


def test_worker_tries_a_stale_key_again() -> None:
    world, api = make_world(make_store(), make_dataset())
    api.server.edit(DATASETS, make_dataset(), _change)

    assert backing_off(worked(world, FLIGHTS)) == {FLIGHTS}


def test_worker_forgets_the_failures_of_a_key_that_went_well() -> None:
    world, _ = make_world(make_store(), make_dataset())

    assert backing_off(worked(world, FLIGHTS)) == set()


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        pytest.param(None, "Done", id="it went well"),
        pytest.param(away(), "Unavailable", id="the server is away"),
        pytest.param(NotLeaderError("lost"), "Unavailable", id="the Lease is lost"),
        pytest.param(KeyError("a defect"), "Defect", id="a defect of ours"),
    ],
)
def test_result_is_counted(failure: Exception | None, result: str) -> None:
    world, api = make_world(make_store(), make_dataset())
    if failure is not None:
        api.answers["get Dataset"] = failure

    assert counted(world, FLIGHTS) == {result: 1.0}


def test_stale_look_is_counted_as_such() -> None:
    world, api = make_world(make_store(), make_dataset())
    api.server.edit(DATASETS, make_dataset(), _change)

    assert counted(world, FLIGHTS) == {"Stale": 1.0}


def test_jobs_of_all_are_made_before_the_first_status() -> None:
    """What does the work comes first, and words about it after, whoever waits in line."""
    other: Object = make_dataset("weather", metadata={"uid": "uid-2"})
    world, api = make_world(make_store(), make_dataset(), other)

    async def scenario() -> None:
        queue = WorkQueue()
        world.cache.subscribe(
            lambda resource, item, before: [
                queue.add(key) for key in keys_of(world.cache, resource, item, before)
            ]
        )
        for name in ("flights", "weather"):
            queue.add(Key("datasets", NAMESPACE, name))
        working = asyncio.ensure_future(run_workers(world, queue, Vitals(), 1))
        for _ in range(200):
            await asyncio.sleep(0)
        working.cancel()

    asyncio.run(scenario())

    assert api.calls == [
        *["get Dataset", "create Job"] * 2,
        *["status Dataset", "create Event"] * 2,
    ]


class HangingApi(NotingApi):
    """Never answers."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Wait for an answer that does not come."""
        await asyncio.Event().wait()
        raise AssertionError("nobody sets the event")


def test_key_of_a_worker_that_is_stopped_comes_back() -> None:
    world, api = make_world(make_store(), make_dataset())
    hanging = World(
        HangingApi(api.server), world.cache, world.settings, world.clock, world.restorations
    )

    async def scenario(_: ManualLoop) -> Key | None:
        queue = WorkQueue()
        queue.add(FLIGHTS)
        working = asyncio.ensure_future(run_workers(hanging, queue, Vitals(), 2))
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(queue) == 0
        working.cancel()
        await asyncio.wait({working})
        return await queue.take()

    assert run(scenario) == FLIGHTS


def test_closed_queue_ends_the_workers() -> None:
    world, _ = make_world()

    async def scenario(_: ManualLoop) -> bool:
        queue = WorkQueue()
        working = asyncio.ensure_future(run_workers(world, queue, Vitals(), 3))
        await asyncio.sleep(1)
        queue.close()
        await asyncio.sleep(1)
        return working.done()

    assert run(scenario) is True


@pytest.mark.parametrize(
    ("items", "again"),
    [
        pytest.param((make_store(), make_dataset()), True, id="an object that is there"),
        pytest.param((), False, id="an object that is gone"),
    ],
)
def test_object_is_looked_at_again_after_about_ten_minutes(
    items: tuple[Object, ...], again: bool
) -> None:
    world, _ = make_world(*items)

    async def scenario(_: ManualLoop) -> tuple[float | None, list[Lane]]:
        queue = WorkQueue()
        queue.add(FLIGHTS)
        working = asyncio.ensure_future(run_workers(world, queue, Vitals(), 1))
        await asyncio.sleep(1)
        working.cancel()
        await asyncio.wait({working})
        timer = queue._timers.get(FLIGHTS)
        due = None if timer is None else timer.when()
        await asyncio.sleep(800)
        return due, [waiting.lane for waiting in queue._dirty.values()]

    due, lanes = run(scenario)
    assert (480 <= due <= 720) if again else due is None
    assert lanes == ([Lane.SLOW] if again else [])
