"""The work queue: every key at most once in line, never at two workers, failures back off."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass

__all__ = ["Key", "WorkQueue"]

_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 300.0
# More doublings change nothing, and a float has no room for a thousand of them.
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Key:
    """One object of one of our kinds."""

    plural: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.plural}/{self.namespace}/{self.name}"


class WorkQueue:
    """Dirty keys in order of arrival, with delayed adds and per-key exponential back-off.

    A key that becomes dirty while a worker has it comes back after that worker is done: that is
    what makes the loop level-triggered.
    """

    def __init__(self) -> None:
        self._line: deque[Key] = deque()
        self._dirty: set[Key] = set()
        self._working: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._arrival = asyncio.Event()

    def __len__(self) -> int:
        return len(self._dirty)

    def add(self, key: Key) -> None:
        """Mark a key dirty."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._line.append(key)
            self._arrival.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Mark a key dirty later; the earliest of several such wishes holds."""
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._fire, key)

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
        """Forget the failures of a key."""
        self._failures.pop(key, None)

    async def take(self) -> Key:
        """Wait for the next key and hand it to one worker."""
        while not self._line:
            self._arrival.clear()
            await self._arrival.wait()
        key = self._line.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: Key) -> None:
        """Take a key back from its worker."""
        self._working.discard(key)
        if key in self._dirty:
            self._line.append(key)
            self._arrival.set()

    def _fire(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
