"""Replicas that elect a leader on a Lease in memory, over connections that the test disturbs."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.builders import NOW, Object
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.runtime.loops import ManualLoop

from tidewheel_operator.runtime.api import ApiUnavailableError, Outcome
from tidewheel_operator.runtime.fence import Fence, NotLeaderError
from tidewheel_operator.runtime.leadership import Leadership, LeaseName
from tidewheel_operator.runtime.resources import LEASES, Resource

# What the real client gives a request of the Lease.
_TIMEOUT_SECONDS = 4.0


@dataclass
class Connection(MemoryApi):
    """A replica's way to the server: slow, cut, stopped, or losing the answers to its writes."""

    server: MemoryServer
    dice: random.Random
    longest_delay: float = 0.0
    is_cut: bool = False
    loses_answers: bool = False
    stopped_until: float = 0.0

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        await self._travel()
        return await self._back(await super().get(resource, namespace, name))

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""
        await self._travel()
        return await self._written(await super().create(resource, manifest))

    async def replace(self, resource: Resource, manifest: Object) -> Outcome:
        """Replace an object, unless it has changed since."""
        await self._travel()
        return await self._written(await super().replace(resource, manifest))

    async def _travel(self) -> None:
        delay = self.dice.uniform(0, self.longest_delay)
        if self.is_cut or delay > _TIMEOUT_SECONDS:
            await asyncio.sleep(_TIMEOUT_SECONDS)
            raise ApiUnavailableError("timeout")
        await asyncio.sleep(delay)
        await self._stand_still()

    async def _written(self, outcome: Outcome) -> Outcome:
        if self.loses_answers:
            raise ApiUnavailableError("reset")
        return await self._back(outcome)

    async def _back(self, outcome: Outcome) -> Outcome:
        await asyncio.sleep(self.dice.uniform(0, self.longest_delay) / 10)
        await self._stand_still()
        return outcome

    async def _stand_still(self) -> None:
        """Do nothing while the process is stopped; it sees answers that came meanwhile after."""
        await asyncio.sleep(self.stopped_until - asyncio.get_running_loop().time())


@dataclass
class Replica:
    """One replica that campaigns and leads in turn until it is stopped."""

    name: str
    loop: ManualLoop
    connection: Connection
    clock_is_ahead: float = 0.0
    fence: Fence = field(init=False)
    leadership: Leadership = field(init=False)
    task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.fence = Fence(self._clock)
        lease = LeaseName("system", "operator", self.name)
        self.leadership = Leadership(self.connection, lease, self.fence, self._clock)

    def start(self) -> None:
        """Take part in the election."""
        self.task = asyncio.ensure_future(self._take_part())

    def kill(self) -> None:
        """End without a word."""
        assert self.task is not None
        self.task.cancel()
        # A process that is gone writes nothing; its Lease stays.
        self.fence.close()

    def may_write(self) -> bool:
        """Tell whether a write may start now."""
        try:
            self.fence.check()
        except NotLeaderError:
            return False
        return True

    def _clock(self) -> float:
        return self.loop.time() + self.clock_is_ahead

    async def _take_part(self) -> None:
        while True:
            await self.leadership.campaign()
            await self.leadership.keep()


def make_replicas(
    loop: ManualLoop, count: int, seed: int = 0, longest_delay: float = 0.0
) -> list[Replica]:
    """Return replicas of one server."""
    server, dice = MemoryServer(lambda: NOW), random.Random(seed)  # noqa: S311 - a test's dice
    return [
        Replica(
            f"operator-{number}",
            loop,
            Connection(server, dice, longest_delay),
            # No node's clock has anything to do with another's.
            clock_is_ahead=1000.0 * number,
        )
        for number in range(count)
    ]


def holder(replicas: list[Replica]) -> str:
    """Return whom the Lease names."""
    item = replicas[0].connection.server.find(LEASES, "system", "operator")
    return str(item["spec"]["holderIdentity"]) if item is not None else ""


async def seconds_until(loop: ManualLoop, replica: Replica, longest: float = 60.0) -> float:
    """Wait until a replica may write; return how long that took."""
    return await _seconds(loop, replica.may_write, longest)


async def seconds_until_stopped(loop: ManualLoop, replica: Replica) -> float:
    """Wait until a replica may not write any more; return how long that took."""
    return await _seconds(loop, lambda: not replica.may_write(), 60.0)


async def _seconds(loop: ManualLoop, is_so: Callable[[], bool], longest: float) -> float:
    began = loop.now
    for _ in range(round(longest * 10)):
        if is_so():
            return loop.now - began
        await asyncio.sleep(0.1)
    raise AssertionError(f"it is not so after {longest} seconds")
