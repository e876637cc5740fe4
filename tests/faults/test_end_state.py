"""Two worlds are alike when they differ in uids, times and versions only."""

import copy

from tests.builders import Object, make_dataset, make_store
from tests.faults.loop.end_state import differences, end_state
from tests.unit.operator.observations import collect_job, job_pod


def world(uid: str, version: str, namespace: str) -> list[Object]:
    """Return a Dataset, its Job and its pod as a server of its own has them."""
    place = {"uid": uid, "resourceVersion": version, "namespace": namespace}
    dataset = make_dataset(metadata=place)
    job = collect_job(dataset, uid=f"{uid}-job", resourceVersion=version)
    pod = job_pod(job, {})
    pod["metadata"]["uid"] = f"{uid}-pod"
    return [make_store(metadata={"namespace": namespace}), dataset, job, pod]


ONE, OTHER = world("a1b2", "7", "lane-one"), world("c3d4", "9", "lane-two")


def test_worlds_are_alike_but_for_what_the_server_makes_up() -> None:
    assert ONE != OTHER
    assert end_state(ONE, "lane-one") == end_state(OTHER, "lane-two")
    assert list(end_state(ONE, "lane-one")) == [
        "ArtifactStore default",
        "Dataset flights",
        "Job collect 1 of Dataset flights",
        "Pod of Job collect 1 of Dataset flights",
    ]


def test_changed_field_is_a_difference() -> None:
    changed = copy.deepcopy(OTHER)
    changed[1]["spec"]["target"]["column"] = "early"

    found = differences(end_state(changed, "lane-two"), end_state(ONE, "lane-one"))

    assert found == ['/Dataset flights/spec/target/column: "early" instead of "late"']


def test_number_is_no_part_of_a_name() -> None:
    dataset = copy.deepcopy(ONE[1])
    dataset["spec"]["parameters"] = [-1234567890, "flights-1234567890"]

    [found] = end_state([dataset], "lane-one").values()

    assert found["spec"]["parameters"] == [-1234567890, "flights-hash"]


def test_second_object_of_the_same_meaning_is_a_difference() -> None:
    again = copy.deepcopy(OTHER[2])
    again["metadata"] |= {"name": "flights-again", "uid": "e5f6"}

    found = differences(end_state([*OTHER, again], "lane-two"), end_state(ONE, "lane-one"))

    assert [line.partition(":")[0] for line in found] == ["/Job collect 1 of Dataset flights #2"]


def test_owner_of_another_uid_is_a_difference() -> None:
    changed = copy.deepcopy(OTHER)
    changed[2]["metadata"]["ownerReferences"][0]["uid"] = "another"

    found = differences(end_state(changed, "lane-two"), end_state(ONE, "lane-one"))

    # Its name tells whose it is as well.
    assert [line.partition(":")[0] for line in found] == [
        "/Job collect 1 of Dataset flights",
        "/Job collect 1 of a Dataset that is gone",
        "/Pod of Job collect 1 of Dataset flights",
        "/Pod of Job collect 1 of a Dataset that is gone",
    ]
