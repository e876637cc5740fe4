"""The cache keeps the newest known state, whatever order news arrive in."""

import copy
from typing import Any

import pytest
from tests.builders import NAMESPACE, Object, make_dataset, make_run
from tests.unit.operator.observations import train_job

from tidewheel_operator.runtime.cache import Cache, owner_of
from tidewheel_operator.runtime.resources import DATASETS, JOBS, Resource
from tidewheel_operator.runtime.trimming import trimmed


def dataset(version: int, uid: str = "uid-1", name: str = "flights") -> Object:
    return make_dataset(name, metadata={"uid": uid, "resourceVersion": str(version)})


def told() -> tuple[Cache, list[tuple[str, str]]]:
    """Return a cache and what its listener has heard."""
    cache, heard = Cache(), []

    def listen(resource: Resource, item: Object, _: Object | None) -> None:
        heard.append((resource.kind, item["metadata"]["resourceVersion"]))

    cache.subscribe(listen)
    return cache, heard


@pytest.mark.parametrize(
    ("versions", "kept", "heard"),
    [
        pytest.param([1, 2], "2", ["1", "2"], id="a newer state replaces an older"),
        pytest.param([2, 1], "2", ["2"], id="an older state never replaces a newer"),
        pytest.param([2, 2], "2", ["2"], id="the same state is no news"),
        pytest.param([9, 10], "10", ["9", "10"], id="versions are numbers and no text"),
    ],
)
def test_states_of_an_object(versions: list[int], kept: str, heard: list[str]) -> None:
    cache, news = told()

    taken = [cache.put(DATASETS, dataset(version)) for version in versions]

    item = cache.get(DATASETS, NAMESPACE, "flights")
    assert item is not None
    assert item["metadata"]["resourceVersion"] == kept
    assert news == [("Dataset", version) for version in heard]
    assert sum(taken) == len(heard)


def test_deleted_object_is_forgotten_and_told() -> None:
    cache, news = told()
    cache.put(DATASETS, dataset(1))

    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")

    assert cache.get(DATASETS, NAMESPACE, "flights") is None
    assert len(news) == 2


def test_deleted_object_never_comes_back() -> None:
    cache, news = told()
    cache.put(DATASETS, dataset(1))
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")

    assert cache.put(DATASETS, dataset(2)) is False
    assert cache.get(DATASETS, NAMESPACE, "flights") is None
    assert len(news) == 2


@pytest.mark.parametrize(
    ("version", "is_back"),
    [
        pytest.param(6, False, id="as it was before"),
        pytest.param(7, True, id="as it left the watch"),
        pytest.param(8, True, id="with its label again"),
    ],
)
def test_object_that_left_its_watch_is_seen_again(version: int, is_back: bool) -> None:
    cache, _ = told()
    cache.put(DATASETS, dataset(1))
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1", "7")

    assert cache.put(DATASETS, dataset(version)) is is_back
    assert len(cache.all(DATASETS)) == is_back


def test_object_that_was_deleted_by_us_stays_away_though_its_watch_ends_later() -> None:
    cache, _ = told()
    cache.put(DATASETS, dataset(1))
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1", "7")

    assert cache.put(DATASETS, dataset(8)) is False


def test_object_whose_end_was_heard_first_never_appears() -> None:
    cache, news = told()

    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")
    cache.put(DATASETS, dataset(1))

    assert (cache.all(DATASETS), news) == ([], [])


def test_namesake_with_another_uid_replaces_the_one_before() -> None:
    cache, _ = told()
    cache.put(DATASETS, dataset(1, "uid-1"))

    cache.put(DATASETS, dataset(5, "uid-2"))

    assert [item["metadata"]["uid"] for item in cache.all(DATASETS)] == ["uid-2"]


def test_late_end_of_the_one_before_leaves_its_namesake() -> None:
    cache, news = told()
    cache.put(DATASETS, dataset(5, "uid-2"))

    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")

    assert [item["metadata"]["uid"] for item in cache.all(DATASETS)] == ["uid-2"]
    assert len(news) == 1


def test_objects_are_listed_by_namespace_in_order_of_their_names() -> None:
    cache = Cache()
    for name in ("b", "a"):
        cache.put(DATASETS, dataset(1, f"uid-{name}", name))
    elsewhere = dataset(1, "uid-c", "c")
    elsewhere["metadata"]["namespace"] = "else"
    cache.put(DATASETS, elsewhere)

    def names(namespace: str | None) -> list[str]:
        return [item["metadata"]["name"] for item in cache.all(DATASETS, namespace)]

    assert (names(NAMESPACE), names("else"), names(None)) == (["a", "b"], ["c"], ["c", "a", "b"])
    assert cache.all(JOBS) == []


def run_job(round_number: int = 1, **metadata: Any) -> Object:
    return train_job(make_run(), round_number, **metadata)


def children(cache: Cache, uid: str = "uid-trainingrun-by-hand") -> list[Object]:
    return cache.children(JOBS, uid)


def test_children_are_found_by_the_uid_of_their_controller() -> None:
    cache = Cache()
    one, two = run_job(1), run_job(2)
    for job in (one, two):
        cache.put(JOBS, job)

    names = sorted(job["metadata"]["name"] for job in (one, two))
    assert [job["metadata"]["name"] for job in children(cache)] == names
    assert children(cache, "another") == []


def test_child_that_changes_its_controller_changes_its_parent() -> None:
    cache = Cache()
    cache.put(JOBS, run_job())
    moved = run_job(resourceVersion="2")
    moved["metadata"]["ownerReferences"][0]["uid"] = "another"

    cache.put(JOBS, moved)

    assert (children(cache), children(cache, "another")) == ([], [trimmed(JOBS, moved)])


def test_child_that_lost_its_controller_is_nobodys() -> None:
    cache = Cache()
    cache.put(JOBS, run_job())
    orphan = run_job(resourceVersion="2")
    del orphan["metadata"]["ownerReferences"]

    cache.put(JOBS, orphan)

    assert (children(cache), cache.all(JOBS)) == ([], [trimmed(JOBS, orphan)])


def test_deleted_child_is_forgotten() -> None:
    cache = Cache()
    job = run_job()
    cache.put(JOBS, job)

    cache.remove(JOBS, NAMESPACE, job["metadata"]["name"], job["metadata"]["uid"])

    assert children(cache) == []


def test_listener_learns_what_an_object_was_before() -> None:
    cache = Cache()
    heard: list[tuple[str, str | None]] = []

    def listen(_: Resource, item: Object, before: Object | None) -> None:
        earlier = before["metadata"]["resourceVersion"] if before is not None else None
        heard.append((item["metadata"]["resourceVersion"], earlier))

    cache.subscribe(listen)

    cache.put(DATASETS, dataset(1))
    cache.put(DATASETS, dataset(2))
    cache.touch(DATASETS, dataset(2))
    cache.put(DATASETS, dataset(3, "uid-2"))
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-2")

    assert heard == [("1", None), ("2", "1"), ("2", None), ("3", None), ("3", None)]


def test_object_that_is_handed_in_stays_as_it_is() -> None:
    cache = Cache()
    item = dataset(1)
    item["metadata"]["managedFields"] = [{"manager": "kubectl"}]
    before = copy.deepcopy(item)

    cache.put(DATASETS, item)

    assert item == before
    assert cache.get(DATASETS, NAMESPACE, "flights") == dataset(1)


def test_note_is_kept_until_its_object_goes() -> None:
    cache = Cache()
    cache.put(DATASETS, dataset(1))
    cache.take_note("uid-1", "a note")
    cache.put(DATASETS, dataset(2))

    kept = cache.note("uid-1")
    cache.remove(DATASETS, NAMESPACE, "flights", "uid-1")

    assert (kept, cache.note("uid-1")) == ("a note", None)


def test_note_goes_with_an_object_that_its_namesake_replaces() -> None:
    cache = Cache()
    cache.put(DATASETS, dataset(1))
    cache.take_note("uid-1", "a note")

    cache.put(DATASETS, dataset(2, "uid-2"))

    assert cache.note("uid-1") is None


def test_notes_that_nobody_asks_for_are_dropped_first() -> None:
    cache = Cache()
    for number in range(2048):
        cache.take_note(f"uid-{number}", number)
    cache.note("uid-0")

    cache.take_note("one more", "a note")

    assert [cache.note(uid) for uid in ("uid-0", "uid-1", "uid-2", "one more")] == [
        0,
        None,
        2,
        "a note",
    ]


def test_touched_object_is_told_though_it_did_not_change() -> None:
    cache, news = told()
    item = dataset(1)
    cache.put(DATASETS, item)

    cache.touch(DATASETS, copy.deepcopy(item))

    assert news == [("Dataset", "1"), ("Dataset", "1")]


def test_owner_is_the_controller_and_no_other_reference() -> None:
    job = run_job()
    [controller] = job["metadata"]["ownerReferences"]
    job["metadata"]["ownerReferences"] = [{"uid": "other"}, controller]

    assert owner_of(job) == controller
    assert owner_of(make_dataset()) is None
