"""One step of one object: parsed, decided, carried out, and looked at again when need be."""

import asyncio

from tests.builders import NAMESPACE, Object, make_dataset, make_run, make_store
from tests.unit.operator.observations import (
    as_sent,
    collect_job,
    conditions,
    ended_job,
    job_pod,
    observed,
    terminated,
    train_job,
)
from tests.unit.operator.reconcile.worlds import events, found, make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.reconcile import dataset, training_run
from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.reconcile.step import Again, reconcile
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Refused
from tidewheel_operator.runtime.resources import DATASETS, JOBS, PODS, TRAINING_RUNS


def _change(item: Object) -> None:
    """Change the spec as a person does."""
    item["spec"]["target"]["column"] = "other"


def step(world: World, name: str = "flights") -> Again:
    return asyncio.run(reconcile(dataset.RECONCILER, world, NAMESPACE, name))


def test_object_that_is_gone_needs_nothing() -> None:
    world, api = make_world()

    assert (step(world), api.calls) == (Again(is_gone=True), [])


def test_object_that_is_being_deleted_needs_nothing() -> None:
    world, api = make_world(make_dataset())
    [item] = world.cache.all(DATASETS)
    item["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"

    assert (step(world), api.calls) == (Again(is_gone=True), [])


def test_first_step_makes_the_job_alone() -> None:
    world, api = make_world(make_store(), make_dataset())

    assert step(world) == Again()
    assert [as_sent(job) for job in api.server.all(JOBS)] == [
        as_sent(collect_job(found(api, make_dataset())))
    ]
    assert api.calls == ["get Dataset", "create Job"]


def test_second_step_tells_of_the_job() -> None:
    world, api = make_world(make_store(), make_dataset())
    step(world)
    api.calls.clear()

    assert (step(world), api.calls) == (Again(), ["status Dataset", "create Event"])
    assert events(api) == [("flights", "Normal", "Collecting", "the first snapshot is being made")]


def test_third_step_writes_nothing() -> None:
    world, api = make_world(make_store(), make_dataset())
    step(world)
    step(world)
    api.calls.clear()

    assert (step(world), api.calls) == (Again(), [])


def test_new_job_marks_its_owner_dirty() -> None:
    """Without that nobody would tell of the Job before something happens to it."""
    world, _ = make_world(make_store(), make_dataset())
    dirty: set[str] = set()
    world.cache.subscribe(
        lambda resource, item, before: dirty.update(
            map(str, keys_of(world.cache, resource, item, before))
        )
    )

    step(world)

    assert f"datasets/{NAMESPACE}/flights" in dirty


def test_stale_step_asks_to_be_repeated() -> None:
    world, api = make_world(make_store(), make_dataset())
    api.server.edit(DATASETS, make_dataset(), _change)

    assert step(world) == Again(is_stale=True)


def test_settled_object_is_looked_at_when_it_is_due() -> None:
    status = DatasetStatus(
        last_attempt_time="2026-11-21T11:59:00Z", collected_generation=1, observed_generation=1
    )
    world, _ = make_world(make_store(), make_dataset(status=status))

    assert step(world) == Again(seconds=240.0)


def test_unreadable_object_is_stalled_and_nothing_is_made_of_it() -> None:
    world, api = make_world(make_store(), make_dataset())
    [item] = world.cache.all(DATASETS)
    # What an older schema let in and the server still has.
    item["spec"] = {"target": {}}

    assert step(world) == Again()
    said = conditions(
        "Invalid", "spec.source: Field required; spec.target.column: Field required", "Stalled"
    )
    assert observed(found(api, make_dataset())).status.conditions == said
    assert api.server.all(JOBS) == []


def test_blocked_object_says_so_and_is_tried_again_in_a_minute() -> None:
    world, api = make_world(make_store(), make_dataset())
    api.answers["create Job"] = Refused(403, "exceeded quota")

    again = step(world)

    assert again == Again(seconds=60.0)
    [item] = world.cache.all(DATASETS)
    assert [(c["type"], c["reason"]) for c in item["status"]["conditions"]] == [
        ("Ready", "RequestRefused"),
        ("Stalled", "RequestRefused"),
    ]


def test_blocked_object_is_not_written_again_while_it_stays_blocked() -> None:
    world, api = make_world(make_store(), make_dataset())
    api.answers["create Job"] = Refused(403, "exceeded quota")
    step(world)
    api.calls.clear()

    step(world)

    assert api.calls == ["get Dataset", "create Job"]


def test_refused_delete_is_told_once() -> None:
    """A tale that is taken back and told again at every look is a loop without a pause."""
    status = DatasetStatus(
        last_attempt_time="2026-11-21T11:59:00Z",
        collected_generation=1,
        collections=1,
        observed_generation=1,
    )
    world, api = make_world(make_store(), make_dataset(status=status))
    job = ended_job(collect_job(found(api, make_dataset())))
    api.server.create(JOBS, as_sent(job))
    world.cache.put(JOBS, found(api, job))
    api.answers["delete Job"] = Refused(403, "forbidden")
    for _ in range(2):
        step(world)
    api.calls.clear()

    assert step(world) == Again(seconds=60.0)
    assert api.calls == ["get Dataset", "delete Job"]
    assert [
        (item["type"], item["reason"])
        for item in found(api, make_dataset())["status"]["conditions"]
        if item["type"] == "Reconciling"
    ] == [("Reconciling", "RequestRefused")]


def test_end_of_a_pod_is_asked_for_when_its_job_ended_first() -> None:
    world, api = make_world(make_run())
    [run] = world.cache.all(TRAINING_RUNS)
    job = train_job(run)
    api.server.create(JOBS, as_sent(job))
    [live] = api.server.all(JOBS)
    world.cache.put(JOBS, api.server.set_status(JOBS, live, ended_job(job, "Failed")["status"]))
    pod = job_pod(live, terminated(1, "KeyError", "Error"))
    api.server.create(PODS, as_sent(pod))
    api.server.set_status(PODS, pod, pod["status"])

    asyncio.run(reconcile(training_run.RECONCILER, world, NAMESPACE, "by-hand"))

    [run] = world.cache.all(TRAINING_RUNS)
    assert run["status"]["conditions"][0]["reason"] == "ProgramFailed"
