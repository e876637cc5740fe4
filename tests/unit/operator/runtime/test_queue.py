"""The work queue: every key at most once in line, never at two workers, failures back off."""

import asyncio
from typing import Any

import pytest
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.queue import Key, WorkQueue

A, B = Key("datasets", "ml", "a"), Key("datasets", "ml", "b")


async def next_at(loop: ManualLoop, queue: WorkQueue) -> tuple[str, float]:
    """Return the next key's name and when it came."""
    key = await queue.take()
    queue.done(key)
    return key.name, loop.now


async def is_idle(queue: WorkQueue) -> bool:
    """Tell whether no key can be taken now."""
    taking = asyncio.ensure_future(queue.take())
    for _ in range(5):
        await asyncio.sleep(0)
    is_done = taking.done()
    taking.cancel()
    return not is_done


def test_keys_come_in_order_of_arrival_and_once() -> None:
    async def scenario(loop: ManualLoop) -> list[str]:
        queue = WorkQueue()
        for key in (B, A, B, B):
            queue.add(key)
        assert len(queue) == 2
        found = [(await next_at(loop, queue))[0] for _ in range(2)]
        assert await is_idle(queue)
        return found

    assert run(scenario) == ["b", "a"]


def test_waiting_worker_gets_the_key_that_arrives() -> None:
    async def scenario(_: ManualLoop) -> Key:
        queue = WorkQueue()
        taking = asyncio.ensure_future(queue.take())
        await asyncio.sleep(0)
        queue.add(A)
        return await taking

    assert run(scenario) == A


def test_two_waiting_workers_get_a_key_each() -> None:
    async def scenario(_: ManualLoop) -> set[Key]:
        queue = WorkQueue()
        taking = [asyncio.ensure_future(queue.take()) for _ in range(2)]
        await asyncio.sleep(0)
        queue.add(A)
        queue.add(B)
        return set(await asyncio.gather(*taking))

    assert run(scenario) == {A, B}


def test_key_that_becomes_dirty_at_work_comes_back_after_it_and_not_before() -> None:
    async def scenario(loop: ManualLoop) -> tuple[bool, str]:
        queue = WorkQueue()
        queue.add(A)
        key = await queue.take()
        queue.add(A)
        was_exclusive = await is_idle(queue)
        queue.done(key)
        return was_exclusive, (await next_at(loop, queue))[0]

    assert run(scenario) == (True, "a")


def test_key_that_stays_clean_does_not_come_back() -> None:
    async def scenario(_: ManualLoop) -> bool:
        queue = WorkQueue()
        queue.add(A)
        queue.done(await queue.take())
        return await is_idle(queue)

    assert run(scenario) is True


@pytest.mark.parametrize(
    ("wishes", "due"),
    [
        pytest.param([30.0], 30.0, id="a wish"),
        pytest.param([30.0, 10.0], 10.0, id="an earlier wish wins"),
        pytest.param([10.0, 30.0], 10.0, id="a later wish does not delay"),
        pytest.param([-5.0], 0.0, id="a wish in the past"),
    ],
)
def test_key_comes_after(wishes: list[float], due: float) -> None:
    async def scenario(loop: ManualLoop) -> Any:
        queue = WorkQueue()
        for seconds in wishes:
            queue.add_after(A, seconds)
        first = await next_at(loop, queue)
        loop.call_later(100, queue.add, B)
        return first, await next_at(loop, queue)

    assert run(scenario) == (("a", due), ("b", due + 100))


def test_failures_back_off_from_half_a_second_to_five_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.uniform", lambda _, high: high)

    async def scenario(loop: ManualLoop) -> list[float]:
        queue = WorkQueue()
        waits = []
        for _ in range(12):
            before = loop.now
            queue.retry(A)
            await next_at(loop, queue)
            waits.append(loop.now - before)
        return waits

    assert run(scenario) == pytest.approx([0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])


def test_back_off_of_a_thousand_failures_is_still_five_minutes() -> None:
    async def scenario(loop: ManualLoop) -> float:
        queue = WorkQueue()
        for _ in range(2000):
            queue.retry(A)
            await next_at(loop, queue)
        before = loop.now
        queue.retry(A)
        await next_at(loop, queue)
        return loop.now - before

    assert 150 <= run(scenario) <= 300


def test_back_off_is_spread_over_half_its_length() -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        queue = WorkQueue()
        for index in range(200):
            queue.retry(Key("datasets", "ml", str(index)))
        return [(await next_at(loop, queue))[1] for _ in range(200)]

    waits = run(scenario)

    assert 0.25 <= min(waits) < 0.3
    assert 0.45 < max(waits) <= 0.5


def test_success_forgets_failures() -> None:
    async def scenario(loop: ManualLoop) -> float:
        queue = WorkQueue()
        for _ in range(5):
            queue.retry(A)
            await next_at(loop, queue)
        queue.succeed(A)
        before = loop.now
        queue.retry(A)
        await next_at(loop, queue)
        return loop.now - before

    assert run(scenario) <= 0.5


def test_server_that_asks_for_time_gets_it() -> None:
    async def scenario(loop: ManualLoop) -> tuple[str, float]:
        queue = WorkQueue()
        queue.retry(A, 20.0)
        return await next_at(loop, queue)

    assert run(scenario) == ("a", 20.0)


def test_key_is_told_as_people_write_it() -> None:
    assert str(A) == "datasets/ml/a"
