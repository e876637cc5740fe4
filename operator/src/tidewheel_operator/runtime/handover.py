"""Handing changes from the thread of the watches to the event loop of the workers."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from tidewheel_operator.runtime.event_source import Change, OnChange
from tidewheel_operator.runtime.resources import Resource

__all__ = ["handing_over"]

Object = dict[str, Any]
# So many changes are taken in at one go; then timers, requests and signals have their turn.
_MOST_AT_ONCE = 500


def handing_over(loop: asyncio.AbstractEventLoop, take_in: OnChange) -> OnChange:
    """Return what any thread may call with changes that `take_in` gets inside the loop, in order.

    The loop is woken once for all changes that wait. To wake it costs more than to take a change
    in, and a flood of wake-ups fills the pipe that signals come through as well: a SIGTERM was lost
    that way.
    """
    arrived: deque[tuple[Resource, Change, Object]] = deque()
    is_awake = threading.Event()

    def take_some() -> None:
        # Cleared before the first look: what arrives after it wakes the loop again.
        is_awake.clear()
        for _ in range(_MOST_AT_ONCE):
            if not arrived:
                return
            take_in(*arrived.popleft())
        wake(loop.call_soon)

    def wake(call: Callable[[Callable[[], None]], object]) -> None:
        if not is_awake.is_set():
            is_awake.set()
            call(take_some)

    def on_change(resource: Resource, change: Change, item: Object) -> None:
        arrived.append((resource, change, item))
        wake(loop.call_soon_threadsafe)

    return on_change
