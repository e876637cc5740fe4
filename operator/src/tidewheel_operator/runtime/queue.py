"""The work queue: every key at most once in line, never at two workers, failures back off."""

import asyncio
import random
from enum import Enum
from typing import NamedTuple

from tidewheel_operator.runtime.fair_line import FairLine, Key

__all__ = ["Key", "Lane", "WorkQueue"]

_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 300.0
# More doublings change nothing, and a float has no room for a thousand of them.
_MOST_DOUBLINGS = 10
# One key in so many comes from the slow lane, so that a busy operator checks old objects too.
_SLOW_SHARE = 8


class Lane(Enum):
    """How urgent a key is."""

    FAST = "fast"  # something happened to the object
    SLOW = "slow"  # it is looked at because time has passed or a replica began to lead


class _Waiting(NamedTuple):
    lane: Lane
    since: float


class WorkQueue:
    """Dirty keys, fair between namespaces, with delayed adds and per-key exponential back-off.

    A key that becomes dirty while a worker has it comes back after that worker is done: that is
    what makes the loop level-triggered.
    """

    def __init__(self) -> None:
        self._lines = {lane: FairLine() for lane in Lane}
        # In order of the time since when they wait; what a line holds beyond them is outdated.
        self._dirty: dict[Key, _Waiting] = {}
        self._working: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._arrival = asyncio.Event()
        self._taken = 0
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._dirty)

    @property
    def is_closed(self) -> bool:
        """Tell whether no key is handed out any more."""
        return self._is_closed

    def oldest_seconds(self) -> float:
        """Return for how long the key that waits longest has waited."""
        first = next(iter(self._dirty.values()), None)
        return 0.0 if first is None else asyncio.get_running_loop().time() - first.since

    def add(self, key: Key, lane: Lane = Lane.FAST) -> None:
        """Mark a key dirty; one that waits in the slow lane changes to the fast one."""
        waiting = self._dirty.get(key)
        if waiting is not None and lane in (waiting.lane, Lane.SLOW):
            return
        since = asyncio.get_running_loop().time() if waiting is None else waiting.since
        self._dirty[key] = _Waiting(lane, since)
        if key not in self._working:
            self._enter(key, lane)

    def add_after(self, key: Key, seconds: float, lane: Lane = Lane.FAST) -> None:
        """Mark a key dirty later; the earliest of several such wishes holds."""
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._fire, key, lane)

    def retry(self, key: Key, at_least_seconds: float | None = None) -> None:
        """Mark a key dirty after its back-off, or later if the server asked for that."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        doubled = _FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, _MOST_DOUBLINGS)
        longest = min(_LONGEST_BACKOFF_SECONDS, doubled)
        # Jitter keeps keys that failed together from coming back together.
        delay = longest * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
        self.add_after(key, max(delay, at_least_seconds or 0.0))

    def succeed(self, key: Key) -> None:
        """Forget the failures of a key, and any later look that was planned before."""
        self._failures.pop(key, None)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Hand out no more keys: workers end after the key that they have."""
        self._is_closed = True
        self._arrival.set()

    async def take(self) -> Key | None:
        """Wait for the next key and hand it to one worker; nothing once the queue is closed."""
        while not self._is_closed:
            key = self._next()
            if key is not None:
                del self._dirty[key]
                self._working.add(key)
                self._taken += 1
                return key
            self._arrival.clear()
            await self._arrival.wait()
        return None

    def done(self, key: Key) -> None:
        """Take a key back from its worker."""
        self._working.discard(key)
        waiting = self._dirty.get(key)
        if waiting is not None:
            self._enter(key, waiting.lane)

    def _next(self) -> Key | None:
        """Return the next key that is still dirty and waits in the lane that it is found in."""
        slow_first = self._taken % _SLOW_SHARE == _SLOW_SHARE - 1
        for lane in (Lane.SLOW, Lane.FAST) if slow_first else (Lane.FAST, Lane.SLOW):
            line = self._lines[lane]
            while line:
                key = line.pop()
                waiting = self._dirty.get(key)
                if waiting is not None and waiting.lane is lane and key not in self._working:
                    return key
        return None

    def _enter(self, key: Key, lane: Lane) -> None:
        self._lines[lane].push(key)
        self._arrival.set()

    def _fire(self, key: Key, lane: Lane) -> None:
        self._timers.pop(key, None)
        self.add(key, lane)
