"""A child is put right at once, and ever more seldom when somebody insists."""

from datetime import timedelta
from typing import Any

from tests.builders import NAMESPACE, NOW, Object, make_version

from tidewheel_contracts import labels
from tidewheel_operator.reconcile.restorations import Restorations


def child(name: str = "flight-delay", intent: str = "one") -> Object:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    if intent:
        metadata["annotations"] = {labels.MANIFEST_HASH: intent}
    return {"kind": "Service", "metadata": metadata}


def waits(times: int, pause: timedelta = timedelta(0), intent: str = "one") -> list[float]:
    """Return the waits before each of so many restorations, each done as soon as it may be."""
    restorations, now, found = Restorations(), NOW, []
    restorations.note(child(intent=intent), now)
    for _ in range(times):
        now += pause
        seconds = restorations.seconds_to_wait(child(intent=intent), now)
        found.append(seconds)
        now += timedelta(seconds=seconds)
        restorations.note(child(intent=intent), now)
    return found


def test_first_restoration_is_at_once_and_the_others_come_ever_more_seldom() -> None:
    assert waits(12) == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def test_child_that_is_created_once_is_no_exception() -> None:
    assert waits(3, intent="") == [0, 2, 4]


def test_half_an_hour_of_peace_makes_the_next_restoration_immediate() -> None:
    assert waits(4, timedelta(minutes=31)) == [0, 0, 0, 0]


def test_new_intent_is_written_at_once() -> None:
    restorations = Restorations()
    for _ in range(5):
        restorations.note(child(), NOW)

    assert restorations.seconds_to_wait(child(), NOW) == 16
    assert restorations.seconds_to_wait(child(intent="two"), NOW) == 0
    assert restorations.note(child(intent="two"), NOW) == 0


def test_version_of_another_run_is_another_intent() -> None:
    restorations = Restorations()
    for number in range(5):
        version = make_version(run_uid=f"run-{number}")
        assert restorations.seconds_to_wait(version, NOW) == 0
        assert restorations.note(version, NOW) == 0

    assert restorations.note(make_version(run_uid="run-4"), NOW) == 1


def test_children_do_not_wait_for_each_other() -> None:
    restorations = Restorations()
    for _ in range(5):
        restorations.note(child(), NOW)

    assert restorations.seconds_to_wait(child("another"), NOW) == 0


def test_child_that_we_deleted_ourselves_may_come_back_at_once() -> None:
    restorations = Restorations()
    for _ in range(5):
        restorations.note(child(), NOW)

    restorations.forget(child(intent="whatever it was"))

    assert restorations.seconds_to_wait(child(), NOW) == 0


def test_clock_that_is_set_back_makes_nobody_wait() -> None:
    restorations = Restorations()
    for _ in range(5):
        restorations.note(child(), NOW)

    assert restorations.seconds_to_wait(child(), NOW - timedelta(hours=1)) == 0


def test_repeats_are_counted() -> None:
    restorations = Restorations()

    assert [restorations.note(child(), NOW) for _ in range(4)] == [0, 1, 2, 3]


def test_oldest_write_is_forgotten_when_there_are_too_many() -> None:
    restorations = Restorations()
    for _ in range(3):
        restorations.note(child("oldest"), NOW)
        restorations.note(child("newer"), NOW)
    for number in range(9_999):
        restorations.note(child(f"child-{number}"), NOW)

    assert restorations.seconds_to_wait(child("oldest"), NOW) == 0
    assert restorations.seconds_to_wait(child("newer"), NOW) == 4
