"""Changes reach the loop in order and all of them, and wake it no more often than they must."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tidewheel_operator.runtime.event_source import Change
from tidewheel_operator.runtime.handover import handing_over
from tidewheel_operator.runtime.resources import DATASETS, Resource


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts how often another thread wakes it."""

    wakes = 0

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *arguments: Any, context: Any = None
    ) -> asyncio.Handle:
        """Wake the loop."""
        self.wakes += 1
        return super().call_soon_threadsafe(callback, *arguments, context=context)


def handed_over(count: int, *, together: bool) -> tuple[list[int], int]:
    """Hand changes over from another thread; return what arrived, and how often it woke the loop.

    Together: while the loop is held up, so that all of them wait.
    """
    loop, taken, are_all_there = CountingLoop(), list[int](), asyncio.Event()

    def take_in(_: Resource, __: Change, item: dict[str, int]) -> None:
        taken.append(item["number"])
        if len(taken) == count:
            are_all_there.set()

    on_change = handing_over(loop, take_in)

    def send() -> None:
        for number in range(count):
            on_change(DATASETS, Change.SEEN, {"number": number})

    async def scenario() -> None:
        sender = threading.Thread(target=send)
        sender.start()
        if together:
            sender.join()
        async with asyncio.timeout(60):
            await are_all_there.wait()
        sender.join()

    loop.run_until_complete(scenario())
    wakes = loop.wakes
    loop.close()
    return taken, wakes


@pytest.mark.parametrize("count", [1, 500, 501, 20_000])
def test_all_that_waits_wakes_the_loop_once(count: int) -> None:
    assert handed_over(count, together=True) == (list(range(count)), 1)


def test_nothing_is_lost_while_the_loop_takes_changes_in() -> None:
    taken, wakes = handed_over(50_000, together=False)

    assert taken == list(range(50_000))
    assert 1 <= wakes <= 50_000


def test_others_have_their_turn_in_a_flood() -> None:
    async def scenario() -> int:
        taken: list[int] = []
        loop = asyncio.get_running_loop()
        on_change = handing_over(loop, lambda _, __, item: taken.append(item["number"]))
        for number in range(2000):
            on_change(DATASETS, Change.SEEN, {"number": number})
        # The changes are taken in before this goes on, but not all of them.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return len(taken)

    assert 0 < asyncio.run(scenario()) < 2000


def test_signal_comes_through_a_flood() -> None:
    """Twenty thousand wake-ups would fill the pipe that the signal needs as well."""
    loop = asyncio.SelectorEventLoop()
    told = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, told.set)
    on_change = handing_over(loop, lambda _, __, ___: None)

    async def scenario() -> None:
        for _ in range(20_000):
            on_change(DATASETS, Change.SEEN, {})
        os.kill(os.getpid(), signal.SIGUSR1)
        async with asyncio.timeout(10):
            await told.wait()

    loop.run_until_complete(scenario())
    loop.remove_signal_handler(signal.SIGUSR1)
    loop.close()
