"""Leading: take the Lease, renew it, know in time that it is lost, give it back.

Timeline of a renewal that began at 0: writes may start until 10, each is answered or given up
within 4 seconds, and no other replica takes the Lease before 15.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tidewheel_operator.runtime.api import Api, ApiUnavailableError, Found, Outcome, Refused
from tidewheel_operator.runtime.clock import elapsed_seconds
from tidewheel_operator.runtime.election import (
    Claim,
    Lease,
    claim,
    lease_of,
    manifest,
    released,
    taken,
)
from tidewheel_operator.runtime.fence import Fence
from tidewheel_operator.runtime.metrics import LEADER
from tidewheel_operator.runtime.resources import LEASES

__all__ = ["Leadership", "LeaseName"]

_LOG = logging.getLogger(__name__)
_DURATION_SECONDS = 15
_RENEW_DEADLINE_SECONDS = 10.0
_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LeaseName:
    """Which Lease decides, and who we are in it."""

    namespace: str
    name: str
    identity: str


class Leadership:
    """One replica's part in the election."""

    def __init__(
        self,
        api: Api,
        lease: LeaseName,
        fence: Fence,
        clock: Callable[[], float] = elapsed_seconds,
    ) -> None:
        self._api = api
        self._name = lease
        self._fence = fence
        self._clock = clock
        self._seen = Lease()
        self._seen_since = clock()
        self._complaint = ""
        self.is_leading = False
        LEADER.set(0)

    @property
    def holder(self) -> str:
        """Return who leads, as far as is known."""
        return self._seen.holder

    async def campaign(self) -> None:
        """Return when this replica leads."""
        while True:
            if await self._try():
                break
            # Jitter only shortens: the next leader must not be late.
            await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.8, 1.0))  # noqa: S311
        self.is_leading = True
        LEADER.set(1)
        _LOG.info("this replica leads")

    async def keep(self) -> None:
        """Renew the Lease; return when it is lost or could not be renewed in time."""
        renewed = self._clock()
        while self._clock() < renewed + _RENEW_DEADLINE_SECONDS:
            await asyncio.sleep(_RETRY_SECONDS)
            if await self._try():
                renewed = self._clock()
            elif self._seen.holder not in ("", self._name.identity):
                break
        self.step_down()
        _LOG.warning("this replica no longer leads; '%s' holds the Lease", self._seen.holder)

    def step_down(self) -> None:
        """Let no further write start."""
        self._fence.close()
        self.is_leading = False
        LEADER.set(0)

    async def release(self) -> None:
        """Give the Lease back, so that the next leader need not wait for its end."""
        self.step_down()
        try:
            # Again, because a renewal that was cut off may arrive in between: one at most.
            if not await self._give_back():
                await self._give_back()
        except ApiUnavailableError as error:
            _LOG.warning("the Lease was not given back and ends by itself: %s", error)

    async def _give_back(self) -> bool:
        """Leave the Lease if it is ours; tell whether nobody wrote it in between.

        What was last seen does not do: a renewal may have arrived whose answer did not.
        """
        outcome = await self._api.get(LEASES, self._name.namespace, self._name.name)
        if isinstance(outcome, Refused):
            return True
        self._see(lease_of(outcome.object))
        if self._seen.holder != self._name.identity:
            return True
        answer = await self._write(released(self._seen, datetime.now(UTC)))
        return not (isinstance(answer, Refused) and answer.is_conflict)

    async def _try(self) -> bool:
        """Take or renew the Lease; tell whether it is ours now."""
        began = self._clock()
        try:
            is_ours = await self._claim()
        except ApiUnavailableError as error:
            self._complain(str(error))
            return False
        if is_ours:
            # Counted from before the request: the server may have seen it at once.
            self._fence.open_until(began + _RENEW_DEADLINE_SECONDS)
        return is_ours

    async def _claim(self) -> bool:
        name = self._name
        outcome = await self._api.get(LEASES, name.namespace, name.name)
        if isinstance(outcome, Found):
            self._see(lease_of(outcome.object))
        elif outcome.is_missing:
            self._see(Lease())
        else:
            self._complain(outcome.message)
            return False
        unchanged = self._clock() - self._seen_since
        if claim(self._seen, name.identity, unchanged) is Claim.WAIT:
            return False
        wanted = taken(self._seen, name.identity, _DURATION_SECONDS, datetime.now(UTC))
        answer = await self._write(wanted)
        if isinstance(answer, Refused) and not answer.is_conflict:
            self._complain(answer.message)
        return isinstance(answer, Found)

    async def _write(self, lease: Lease) -> Outcome:
        item = manifest(lease, self._name.namespace, self._name.name)
        send = self._api.replace if lease.version else self._api.create
        outcome = await send(LEASES, item)
        if isinstance(outcome, Found):
            self._complaint = ""
            self._see(lease_of(outcome.object))
        return outcome

    def _see(self, lease: Lease) -> None:
        if lease != self._seen:
            self._seen, self._seen_since = lease, self._clock()

    def _complain(self, message: str) -> None:
        if message != self._complaint:
            self._complaint = message
            _LOG.warning("the Lease cannot be read or written: %s", message)
