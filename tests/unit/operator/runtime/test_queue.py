"""The work queue: every key at most once in line, never at two workers, failures back off."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.queue import Key, Lane, WorkQueue

A, B = Key("datasets", "ml", "a"), Key("datasets", "ml", "b")


async def next_at(loop: ManualLoop, queue: WorkQueue) -> tuple[str, float]:
    """Return the next key's name and when it came."""
    key = await taken(queue)
    queue.done(key)
    return key.name, loop.now


async def taken(queue: WorkQueue) -> Key:
    """Take a key that must come."""
    key = await queue.take()
    assert key is not None
    return key


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
    async def scenario(_: ManualLoop) -> Key | None:
        queue = WorkQueue()
        taking = asyncio.ensure_future(queue.take())
        await asyncio.sleep(0)
        queue.add(A)
        return await taking

    assert run(scenario) == A


def test_two_waiting_workers_get_a_key_each() -> None:
    async def scenario(_: ManualLoop) -> set[Key | None]:
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
        key = await taken(queue)
        queue.add(A)
        was_exclusive = await is_idle(queue)
        queue.done(key)
        return was_exclusive, (await next_at(loop, queue))[0]

    assert run(scenario) == (True, "a")


def test_key_that_stays_clean_does_not_come_back() -> None:
    async def scenario(_: ManualLoop) -> bool:
        queue = WorkQueue()
        queue.add(A)
        queue.done(await taken(queue))
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


def order(*added: tuple[str, str, Lane], count: int | None = None) -> str:
    """Return the keys, added in this order, in the order in which workers get them."""

    async def scenario(_: ManualLoop) -> str:
        queue = WorkQueue()
        for namespace, name, lane in added:
            queue.add(Key("datasets", namespace, name), lane)
        names = []
        for _ in range(len(queue) if count is None else count):
            key = await taken(queue)
            names.append(f"{key.namespace}/{key.name}")
            queue.done(key)
        return " ".join(names)

    text: str = run(scenario)
    return text


def test_namespace_with_many_keys_does_not_delay_another() -> None:
    many = [("full", str(number), Lane.FAST) for number in range(5000)]

    assert order(*many, ("other", "x", Lane.FAST), count=2) == "full/0 other/x"


def test_news_go_before_what_is_only_looked_at_again() -> None:
    assert order(("ml", "old", Lane.SLOW), ("ml", "new", Lane.FAST)) == "ml/new ml/old"


def test_key_of_the_slow_lane_that_has_news_goes_first_and_only_once() -> None:
    added = [("ml", "a", Lane.SLOW), ("ml", "b", Lane.SLOW), ("ml", "b", Lane.FAST)]

    assert order(*added) == "ml/b ml/a"


def test_key_of_the_fast_lane_does_not_fall_back() -> None:
    added = [("ml", "a", Lane.FAST), ("ml", "a", Lane.SLOW), ("ml", "b", Lane.FAST)]

    assert order(*added) == "ml/a ml/b"


def test_every_eighth_key_is_one_of_the_slow_lane_however_much_is_new() -> None:
    new = [("ml", str(number), Lane.FAST) for number in range(20)]

    names = order(*new, ("ml", "old", Lane.SLOW), ("ml", "older", Lane.SLOW)).split()

    assert [index for index, name in enumerate(names) if "old" in name] == [7, 15]


def test_key_with_news_at_work_comes_back_in_the_fast_lane() -> None:
    async def scenario(_: ManualLoop) -> list[str]:
        queue = WorkQueue()
        queue.add(A, Lane.SLOW)
        key = await taken(queue)
        queue.add(A, Lane.SLOW)
        queue.add(A, Lane.FAST)
        queue.add(B, Lane.SLOW)
        queue.done(key)
        return [(await taken(queue)).name for _ in range(2)]

    assert run(scenario) == ["a", "b"]


def test_oldest_key_tells_for_how_long_it_waits_whatever_its_lane() -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        queue = WorkQueue()
        ages = [queue.oldest_seconds()]
        queue.add(A, Lane.SLOW)
        loop.now += 40
        queue.add(B)
        queue.add(A, Lane.FAST)
        ages.append(queue.oldest_seconds())
        while (await taken(queue)) != A:
            pass
        return [*ages, queue.oldest_seconds()]

    assert run(scenario) == [0.0, 40.0, 0.0]


def test_closed_queue_hands_out_nothing_and_lets_its_workers_go() -> None:
    async def scenario(_: ManualLoop) -> list[Key | None]:
        queue = WorkQueue()
        waiting = asyncio.ensure_future(queue.take())
        await asyncio.sleep(0)
        queue.close()
        queue.add(A)
        assert (queue.is_closed, len(queue)) == (True, 1)
        return [await waiting, await queue.take()]

    assert run(scenario) == [None, None]


def test_success_cancels_the_look_that_was_planned_before() -> None:
    async def scenario(loop: ManualLoop) -> float:
        queue = WorkQueue()
        queue.add_after(A, 10)
        queue.succeed(A)
        queue.add_after(A, 600)
        return (await next_at(loop, queue))[1]

    assert run(scenario) == 600.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("+-=~"), st.integers(0, 5)), max_size=60))
def test_queue_loses_nothing_and_gives_no_key_to_two(steps: list[tuple[str, int]]) -> None:
    """Against a model: the set of dirty keys and the set of keys at work."""

    async def scenario(_: ManualLoop) -> None:
        queue, dirty, working = WorkQueue(), set[Key](), list[Key]()
        for action, number in steps:
            key = Key("datasets", f"ns-{number % 2}", str(number))
            if action in "+~":
                queue.add(key, Lane.FAST if action == "+" else Lane.SLOW)
                dirty.add(key)
            elif action == "-" and dirty - set(working):
                got = await taken(queue)
                assert got in dirty - set(working)
                dirty.remove(got)
                working.append(got)
            elif action == "=" and working:
                queue.done(working.pop(number % len(working)))
            assert len(queue) == len(dirty)
        for key in working:
            queue.done(key)
        assert {await taken(queue) for _ in range(len(dirty))} == dirty
        assert await is_idle(queue)

    run(scenario)


def test_key_is_told_as_people_write_it() -> None:
    assert str(A) == "datasets/ml/a"
