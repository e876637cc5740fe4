"""Signs of life: what was heard from the API server, that workers get on, that the loop turns."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from tidewheel_operator.runtime.clock import elapsed_seconds
from tidewheel_operator.runtime.metrics import LOOP_LAG_SECONDS, WATCH_AGE_SECONDS
from tidewheel_operator.runtime.resources import Resource

__all__ = ["Vitals", "measure_loop_lag"]

_LONGEST_SILENCE_SECONDS = 900.0
_LONGEST_STANDSTILL_SECONDS = 300.0
_LONGEST_LAG_SECONDS = 5.0
_LAG_PERIOD_SECONDS = 1.0


class Vitals:
    """When the process last showed each sign of life."""

    def __init__(self, clock: Callable[[], float] = elapsed_seconds) -> None:
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._worked = clock()
        self._lag = 0.0

    def expect(self, resources: Iterable[Resource]) -> None:
        """From now on, hear of these kinds."""
        for resource in resources:
            self._heard[resource.kind] = self._clock()
            age = WATCH_AGE_SECONDS.labels(resource.kind)
            age.set_function(partial(self._silence, resource.kind))

    def heard(self, resource: Resource) -> None:
        """Note an event of a kind, or a listing that agreed with the cache or corrected it."""
        self._heard[resource.kind] = self._clock()

    def _silence(self, kind: str) -> float:
        return self._clock() - self._heard[kind]

    def worked(self) -> None:
        """Note that a worker is done with a key."""
        self._worked = self._clock()

    def lagged(self, seconds: float) -> None:
        """Note by how much the event loop was late."""
        self._lag = seconds
        LOOP_LAG_SECONDS.set(seconds)

    def complaints(self, oldest_seconds: float) -> list[str]:
        """Return why this process should be replaced; nothing while it is well.

        `oldest_seconds` is for how long the oldest key of the queue has waited. A long queue alone
        is no reason: a new process would have to begin it again. That none of it gets done is one.
        """
        now = self._clock()
        found = [
            f"no word of {kind} objects for {now - moment:.0f} seconds"
            for kind, moment in self._heard.items()
            if now - moment > _LONGEST_SILENCE_SECONDS
        ]
        standstill = min(oldest_seconds, now - self._worked)
        if standstill > _LONGEST_STANDSTILL_SECONDS:
            found.append(f"objects wait and none was done for {standstill:.0f} seconds")
        if self._lag > _LONGEST_LAG_SECONDS:
            found.append(f"the event loop is {self._lag:.0f} seconds late")
        return found


async def measure_loop_lag(vitals: Vitals) -> None:
    """Measure again and again by how much a sleep takes longer than it should."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LAG_PERIOD_SECONDS
        await asyncio.sleep(_LAG_PERIOD_SECONDS)
        vitals.lagged(max(0.0, loop.time() - due))
