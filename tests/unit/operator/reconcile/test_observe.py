"""Objects of the cache are made into models once for each of their states, and never of an old."""

import pytest
from tests.builders import (
    NAMESPACE,
    Object,
    make_dataset,
    make_run,
    make_snapshot,
    make_version,
)
from tests.unit.operator.observations import observed, train_job
from tests.unit.operator.reconcile.worlds import make_world

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import DATASETS, MODEL_VERSIONS, WORKLOADS


def empty_world() -> World:
    world, _ = make_world()
    return world


def dataset(version: int, uid: str = "uid-1", column: str = "late") -> Object:
    metadata = {"uid": uid, "resourceVersion": str(version)}
    return make_dataset(metadata=metadata, target={"column": column})


def seen(world: World) -> object:
    return observe.dataset(world, NAMESPACE, "flights")


def test_same_state_is_the_same_object() -> None:
    world = empty_world()
    world.cache.put(DATASETS, dataset(1))

    assert seen(world) is seen(world)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(dataset(2, column="cancelled"), id="another spec, by the same generation"),
        pytest.param(dataset(2, uid="uid-2", column="cancelled"), id="a namesake"),
        pytest.param(
            make_dataset(
                status=DatasetStatus(snapshot=make_snapshot()),
                metadata={"uid": "uid-1", "resourceVersion": "2"},
            ),
            id="another status",
        ),
    ],
)
def test_newer_state_is_seen_at_once(after: Object) -> None:
    world = empty_world()
    world.cache.put(DATASETS, dataset(1))
    before = seen(world)
    world.cache.put(DATASETS, after)

    assert seen(world) == observed(after)
    assert seen(world) != before


def test_object_that_goes_and_comes_back_as_it_was_is_seen_as_it_is() -> None:
    world = empty_world()
    world.cache.put(DATASETS, dataset(1))
    seen(world)
    world.cache.remove(DATASETS, NAMESPACE, "flights", "uid-1", "2")
    gone = seen(world)
    # Somebody took its label away, changed it, and gave the label back.
    world.cache.put(DATASETS, dataset(3, column="cancelled"))

    assert gone is None
    assert seen(world) == observed(dataset(3, column="cancelled"))


def test_unreadable_object_is_none_however_often_it_is_asked_for() -> None:
    world = empty_world()
    world.cache.put(DATASETS, {**dataset(1), "spec": {"source": "somewhere"}})

    assert [seen(world), seen(world)] == [None, None]


def test_versions_of_a_model_are_those_of_its_namespace_that_stay() -> None:
    world = empty_world()
    ending = {"deletionTimestamp": "2026-11-21T12:00:00Z"}
    for version in (
        make_version(2),
        make_version(1),
        make_version(3, metadata=ending),
        make_version(4, model="rain"),
        make_version(5, metadata={"namespace": "else", "uid": "else"}),
    ):
        world.cache.put(MODEL_VERSIONS, version)

    found = observe.versions_of(world, NAMESPACE, "flight-delay")
    again = observe.versions_of(world, NAMESPACE, "flight-delay")

    assert [version.number for version in found] == [1, 2]
    assert all(one is other for one, other in zip(found, again, strict=True))


def workload(name: str, job: Object, created: str) -> Object:
    """Return what Kueue makes of a Job."""
    owner = {"kind": "Job", "name": job["metadata"]["name"], "controller": True}
    return {
        "apiVersion": WORKLOADS.api_version,
        "kind": WORKLOADS.kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "creationTimestamp": created,
            "ownerReferences": [{**owner, "uid": job["metadata"]["uid"]}],
        },
        "spec": {},
        "status": {},
    }


def test_newest_workload_of_each_job_speaks_for_it() -> None:
    world = empty_world()
    first, second, third = (train_job(make_run(), number) for number in (1, 2, 3))
    older = workload("b-older", first, "2026-11-21T12:00:00Z")
    newer = workload("a-newer", first, "2026-11-21T12:00:01Z")
    other = workload("other", third, "2026-11-21T12:00:00Z")
    for item in (newer, older, other):
        world.cache.put(WORKLOADS, item)

    assert observe.workloads(world, (first, second)) == {first["metadata"]["uid"]: newer}
