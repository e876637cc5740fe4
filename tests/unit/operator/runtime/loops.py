"""An event loop whose clock moves only when the test says so."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


class ManualLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: its time jumps to the next timer as soon as nothing else is ready.

    So a test of delays runs at once and sees exact times.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        """Return the time of the test."""
        return self.now

    def _run_once(self) -> None:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
        if not self._ready and scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def run(scenario: Callable[[ManualLoop], Coroutine[Any, Any, Any]]) -> Any:
    """Run a scenario to its end on a loop of its own; what it has left running is cancelled."""
    loop = ManualLoop()
    try:
        return loop.run_until_complete(scenario(loop))
    finally:
        loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
        loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
