"""How fast this process may ask the API server: a token bucket for writes, a pause for everybody.

The bucket keeps a burst of work from flooding the server; the pause is what the server itself asks
for (`Retry-After`, RFC 9110 section 10.2.3) and holds for the whole client, not for one request.
"""

import asyncio
from collections.abc import Callable

from tidewheel_operator.runtime.clock import elapsed_seconds

__all__ = ["Pacing"]

# A wrong header must not silence the operator for hours.
_LONGEST_PAUSE_SECONDS = 120.0


class Pacing:
    """Tokens come in at a steady rate up to a burst; a write takes one and waits for it in line."""

    def __init__(
        self,
        writes_per_second: float,
        burst: int,
        clock: Callable[[], float] = elapsed_seconds,
    ) -> None:
        self._rate = writes_per_second
        self._burst = float(burst)
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Hold back every request for so long; the longest of several wishes holds."""
        until = self._clock() + min(seconds, _LONGEST_PAUSE_SECONDS)
        self._paused_until = max(self._paused_until, until)

    async def before_read(self) -> None:
        """Wait while the server wants to be left alone."""
        while True:
            seconds = self._paused_until - self._clock()
            if seconds <= 0:
                return
            await asyncio.sleep(seconds)

    async def before_write(self) -> None:
        """Wait for a token, and while the server wants to be left alone."""
        # Taken before the wait, so that those who came first are served first.
        seconds = self._take()
        if seconds > 0:
            await asyncio.sleep(seconds)
        await self.before_read()

    def _take(self) -> float:
        """Take a token, on credit if need be; return the seconds until it is there."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)
