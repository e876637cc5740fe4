"""Replicas take the Lease, keep it, lose it in time and give it back."""

import asyncio
import logging
import os
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operator.runtime.loops import ManualLoop, run
from tests.unit.operator.runtime.replicas import (
    Replica,
    holder,
    make_replicas,
    seconds_until,
    seconds_until_stopped,
)

from tidewheel_operator.runtime.api import Found, Outcome, Refused
from tidewheel_operator.runtime.metrics import LEADER
from tidewheel_operator.runtime.resources import LEASES


async def lead(loop: ManualLoop, *replicas: Replica) -> None:
    """Start the first replica, wait until it leads, and start the others."""
    replicas[0].start()
    await seconds_until(loop, replicas[0])
    for other in replicas[1:]:
        other.start()


def test_first_replica_leads_at_once_and_the_other_waits() -> None:
    async def scenario(loop: ManualLoop) -> tuple[float, list[bool], str, str]:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        began = loop.now
        await asyncio.sleep(100)
        may_write = [first.may_write(), second.may_write()]
        return began, may_write, first.leadership.holder, second.leadership.holder

    assert run(scenario) == (0.1, [True, False], "operator-0", "operator-0")


def test_replica_takes_over_from_one_that_was_killed_within_20_seconds() -> None:
    async def scenario(loop: ManualLoop) -> float:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        await asyncio.sleep(30)
        first.kill()
        return await seconds_until(loop, second)

    assert 13 <= run(scenario) < 20


def test_replica_takes_over_from_one_that_gave_the_lease_back_within_its_next_try() -> None:
    async def scenario(loop: ManualLoop) -> float:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        await asyncio.sleep(30)
        first.kill()
        await first.leadership.release()
        return await seconds_until(loop, second)

    assert run(scenario) <= 2.1


def test_lease_is_given_back_although_the_answer_to_its_last_renewal_was_lost() -> None:
    async def scenario(loop: ManualLoop) -> float:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.connection.loses_answers = True
        await asyncio.sleep(2)
        first.kill()
        first.connection.loses_answers = False
        await first.leadership.release()
        return await seconds_until(loop, second)

    assert run(scenario) <= 2.1


def test_lease_is_given_back_although_a_renewal_arrives_while_it_is() -> None:
    async def scenario(loop: ManualLoop) -> float:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.kill()
        read = first.connection.get

        async def overtaken(*target: Any) -> Outcome:
            outcome = await read(*target)
            first.connection.get = read  # type: ignore[method-assign]
            assert isinstance(outcome, Found)
            renewed = deepcopy(outcome.object)
            renewed["spec"]["renewTime"] = "2026-01-01T00:00:00.000000Z"
            await first.connection.replace(LEASES, renewed)
            return outcome

        first.connection.get = overtaken  # type: ignore[method-assign]
        await first.leadership.release()
        return await seconds_until(loop, second)

    assert run(scenario) <= 2.1


def test_replica_that_has_lost_the_lease_unseen_does_not_give_it_back() -> None:
    async def scenario(loop: ManualLoop) -> str:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.kill()
        await seconds_until(loop, second)
        await first.leadership.release()
        return holder([second])

    assert run(scenario) == "operator-1"


def test_renewal_counts_from_before_its_request() -> None:
    async def scenario(loop: ManualLoop) -> bool:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        write = first.connection.replace

        async def answered_late(*target: Any) -> Outcome:
            outcome = await write(*target)
            await asyncio.sleep(14)
            return outcome

        first.connection.replace = answered_late  # type: ignore[method-assign]
        # The Lease is renewed at 2 s, and the process sees at 16 s that it was.
        await asyncio.sleep(16.4)
        return first.may_write()

    assert run(scenario) is False


def test_replica_of_the_same_name_takes_its_lease_back_at_once() -> None:
    async def scenario(loop: ManualLoop) -> float:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.kill()
        successor = Replica(first.name, loop, first.connection)
        successor.start()
        return await seconds_until(loop, successor)

    assert run(scenario) == pytest.approx(0.1)


def test_replica_whose_connection_is_cut_stops_writing_before_another_starts() -> None:
    async def scenario(loop: ManualLoop) -> tuple[float, float, bool, str]:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.connection.is_cut = True
        stopped = await seconds_until_stopped(loop, first)
        taken = stopped + await seconds_until(loop, second)
        first.connection.is_cut = False
        await asyncio.sleep(30)
        return stopped, taken, first.leadership.is_leading, holder([first])

    stopped, taken, is_leading, last = run(scenario)

    # The rest of a write that began at the last moment has its four seconds in between.
    assert stopped <= 10
    assert taken - stopped > 4
    assert (is_leading, last) == (False, "operator-1")


def test_leader_survives_a_server_that_is_away_for_less_than_its_deadline() -> None:
    async def scenario(loop: ManualLoop) -> tuple[bool, str]:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        for replica in (first, second):
            replica.connection.is_cut = True
        await asyncio.sleep(7)
        for replica in (first, second):
            replica.connection.is_cut = False
        await asyncio.sleep(30)
        return first.may_write(), holder([first])

    assert run(scenario) == (True, "operator-0")


def test_renewal_whose_answer_was_lost_loses_nothing() -> None:
    async def scenario(loop: ManualLoop) -> tuple[bool, str]:
        first, second = make_replicas(loop, 2)
        await lead(loop, first, second)
        first.connection.loses_answers = True
        await asyncio.sleep(5)
        first.connection.loses_answers = False
        await asyncio.sleep(30)
        return first.may_write(), holder([first])

    assert run(scenario) == (True, "operator-0")


def test_lease_that_somebody_deleted_is_made_again() -> None:
    async def scenario(loop: ManualLoop) -> tuple[bool, str]:
        [first] = make_replicas(loop, 1)
        await lead(loop, first)
        [item] = first.connection.server.all(LEASES)
        first.connection.server.remove(LEASES, item)
        await asyncio.sleep(3)
        return first.may_write(), holder([first])

    assert run(scenario) == (True, "operator-0")


def test_metric_tells_who_leads() -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        [first] = make_replicas(loop, 1)
        values = [LEADER._value.get()]
        await lead(loop, first)
        values.append(LEADER._value.get())
        first.kill()
        await first.leadership.release()
        return [*values, LEADER._value.get()]

    assert run(scenario) == [0.0, 1.0, 0.0]


def test_right_that_is_missing_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(loop: ManualLoop) -> bool:
        [first] = make_replicas(loop, 1)

        async def refuse(*_: object) -> Refused:
            return Refused(403, "leases is forbidden")

        first.connection.get = refuse  # type: ignore[method-assign, assignment]
        first.start()
        await asyncio.sleep(60)
        return first.may_write()

    caplog.set_level(logging.WARNING)

    assert run(scenario) is False
    assert [record.getMessage() for record in caplog.records] == [
        "the Lease cannot be read or written: leases is forbidden"
    ]


MANY = 5000 if os.environ.get("TIDEWHEEL_TEST_LONG") == "1" else 150
Fault = tuple[str, int, float]
FAULTS = st.tuples(
    st.sampled_from(["cut", "mend", "lose", "kill", "release", "stop"]),
    st.integers(0, 2),
    st.floats(0, 25),
)


@settings(max_examples=MANY, deadline=None, derandomize=True)
@given(st.lists(FAULTS, max_size=12), st.integers(0, 10_000), st.sampled_from([0.0, 1.5, 5.0]))
def test_never_two_may_write_and_always_one_will(
    faults: list[Fault], seed: int, longest_delay: float
) -> None:
    """Nor does a replica begin to write while a write of the one before may still be under way."""

    async def scenario(loop: ManualLoop) -> None:
        replicas = make_replicas(loop, 3, seed, longest_delay)
        for replica in replicas:
            replica.start()
        watching = asyncio.ensure_future(watch(loop, replicas))
        for kind, number, seconds in faults:
            replicas[number] = await disturb(loop, replicas[number], kind)
            await asyncio.sleep(seconds)
        for replica in replicas:
            replica.connection.is_cut = replica.connection.loses_answers = False
            replica.connection.longest_delay = 0.0
        # A request that hangs, a pause, and the whole duration of a Lease first seen after that.
        await asyncio.sleep(30)
        if watching.done():
            watching.result()
        assert sum(replica.may_write() for replica in replicas) == 1

    run(scenario)


async def disturb(loop: ManualLoop, replica: Replica, kind: str) -> Replica:
    """Do something to a replica; return the one that lives on in its place."""
    replica.connection.is_cut = kind == "cut"
    replica.connection.loses_answers = kind == "lose"
    if kind == "stop":
        replica.connection.stopped_until = loop.now + 12
    if kind not in ("kill", "release"):
        return replica
    replica.kill()
    if kind == "release":
        await replica.leadership.release()
    replica.connection.stopped_until = 0.0
    successor = Replica(f"{replica.name}-again", loop, replica.connection)
    successor.start()
    return successor


async def watch(loop: ManualLoop, replicas: list[Replica]) -> None:
    """Look ten times a second that one may write at most, and not too soon after another."""
    last, until = "", 0.0
    while True:
        writing = [replica for replica in replicas if replica.may_write()]
        assert len(writing) <= 1, f"{[replica.name for replica in writing]} at {loop.now}"
        for replica in writing:
            was_killed = last not in {one.name for one in replicas}
            has_ended = was_killed or replica.name == last or loop.now > until
            assert has_ended, f"{replica.name} begins amid a write of {last}"
            last, until = replica.name, loop.now + 3.9
        await asyncio.sleep(0.1)
