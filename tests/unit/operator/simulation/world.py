"""A cluster in memory with an operator that can be killed, and a clock that only the test moves."""

import asyncio
import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.builders import NOW, Object
from tests.unit.operator.memory_api import MemoryApi, MemoryServer, matches
from tests.unit.operator.simulation.controllers import Bucket, Controllers

from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.reconcile.step import Again, reconcile
from tidewheel_operator.reconcile.workers import RECONCILERS
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Found, Outcome
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.event_source import Change
from tidewheel_operator.runtime.queue import Key
from tidewheel_operator.runtime.resources import RESOURCES, Resource
from tidewheel_operator.settings import Settings

SETTINGS = Settings(trainer_image="registry.test/trainer:1", server_image="registry.test/server:1")
News = tuple[Resource, Change, Object]
Listing = Mapping[Resource, Sequence[Object]]

# Far more than any scenario needs: a loop that does not come to rest is a defect.
_MOST_STEPS = 5000


class Killed(BaseException):
    """The operator process is gone; nothing of it may catch this."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of the operator that succeeded."""

    verb: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Kill:
    """When the operator dies: right before or right after its write number `index`.

    Or, when that is not fatal, when only the connection dies and the answer is lost.
    """

    index: int
    is_after: bool
    is_fatal: bool = True


class Clock:
    """The one time of a simulation."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@dataclass
class RecordingApi(MemoryApi):
    """Records what the operator writes, and kills it once when it is time."""

    server: MemoryServer
    kill: Kill | None = None
    attempts: int = 0
    writes: list[Write] = field(default_factory=list)
    # What LISTs would have said before each write, if somebody wants to know.
    listings: list[Listing] | None = None
    # How many turns of the event loop the next call takes.
    turns: Callable[[], int] = lambda: 0

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        await self._travel()
        return await super().get(resource, namespace, name)

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read all objects that a selector matches."""
        await self._travel()
        return await super().list_all(resource, namespace, selector)

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""
        name = manifest["metadata"]["name"]
        await self._travel()
        return self._write("create", resource, name, lambda: self.server.create(resource, manifest))

    async def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply our fields."""
        name = manifest["metadata"]["name"]
        await self._travel()
        return self._write("apply", resource, name, lambda: self.server.apply(resource, manifest))

    async def annotate(
        self, resource: Resource, item: Object, annotations: Mapping[str, str]
    ) -> Outcome:
        """Set annotations of an object."""
        name = item["metadata"]["name"]
        await self._travel()
        return self._write(
            "annotate",
            resource,
            name,
            lambda: self.server.annotate(resource, item, dict(annotations)),
        )

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Object
    ) -> Outcome:
        """Merge a patch into a status."""
        await self._travel()
        return self._write(
            "status",
            resource,
            name,
            lambda: self.server.patch_status(resource, namespace, name, patch),
        )

    async def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the observed object."""
        name = target["metadata"]["name"]
        await self._travel()
        return self._write("delete", resource, name, lambda: self.server.delete(resource, target))

    async def _travel(self) -> None:
        for _ in range(self.turns()):
            await asyncio.sleep(0)

    def _write(
        self, verb: str, resource: Resource, name: str, send: Callable[[], Outcome]
    ) -> Outcome:
        index, self.attempts = self.attempts, self.attempts + 1
        if self.listings is not None:
            self.listings.append({kind: self.server.all(kind) for kind in RESOURCES})
        self._strike(index, is_after=False)
        outcome = send()
        if isinstance(outcome, Found):
            self.writes.append(Write(verb, resource.kind, name))
        self._strike(index, is_after=True)
        return outcome

    def _strike(self, index: int, *, is_after: bool) -> None:
        kill = self.kill
        if kill is None or (kill.index, kill.is_after) != (index, is_after):
            return
        self.kill = None
        if kill.is_fatal:
            raise Killed
        raise ApiUnavailableError("the connection is lost")


@dataclass
class Life:
    """One life of the operator process: what it knows and what it is about to look at."""

    world: World
    dirty: dict[Key, None] = field(default_factory=dict)
    timers: dict[Key, datetime] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)
    # What comes only after the operator has acted on what it knows.
    late_news: list[News] = field(default_factory=list)


class Simulation:
    """A server, its controllers and a user's bucket, with an operator at work.

    With a seed, watches deliver late and in any order, and keys are taken in any order; with
    several workers, their calls interleave as well. The same seed gives the same run.
    """

    def __init__(
        self,
        kill: Kill | None = None,
        seed: int | None = None,
        stale_at_restart: Listing | None = None,
        workers: int = 1,
    ) -> None:
        self.clock = Clock()
        self.server = MemoryServer(self.clock)
        self.server.watchers.append(self._on_change)
        self.bucket = Bucket()
        self.controllers = Controllers(self.server, self.bucket)
        self.api = RecordingApi(self.server, kill)
        self._random = dice = random.Random(seed) if seed is not None else None  # noqa: S311
        if dice is not None and workers > 1:
            self.api.turns = lambda: dice.randint(0, 5)
        self._workers = workers
        self._stale_at_restart = stale_at_restart
        self.life: Life | None = None

    async def start(self, stale: Listing | None = None) -> Life:
        """Start a new process; what `stale` says of a kind is its first LIST of that kind."""
        cache = Cache()
        life = self.life = Life(World(self.api, cache, SETTINGS, self.clock))
        cache.subscribe(self._mark_dirty)
        for resource in RESOURCES:
            current = await self.api.list_all(resource, None, resource.selector)
            known = current if stale is None else stale.get(resource, current)
            for item in copy.deepcopy(known):
                if matches(resource.selector, item):
                    cache.put(resource, item)
            if known is not current:
                life.late_news += _since(resource, known, current)
        return life

    def stop(self) -> None:
        """Kill the process."""
        self.life = None

    async def settle(self) -> None:
        """Let operator and controllers work until nothing is left to do at this time."""
        for _ in range(_MOST_STEPS):
            life = self.life or await self.start()
            self._deliver(life)
            if life.dirty:
                keys = [self._next_key(life) for _ in range(min(self._workers, len(life.dirty)))]
                await self._survive(self._work_at_once(life, keys))
            elif life.late_news:
                life.news, life.late_news = life.late_news, []
            elif life.news or self.controllers.act():
                continue
            elif not self._fire_timers(life):
                return
        raise AssertionError(f"no rest; the last writes: {self.api.writes[-10:]}")

    async def advance(self, seconds: float) -> None:
        """Let time pass, from one timer to the next."""
        await self.settle()
        end = self.clock.now + timedelta(seconds=seconds)
        while True:
            life = self.life or await self.start()
            due = min(life.timers.values(), default=end)
            if due >= end:
                break
            self.clock.now = max(due, self.clock.now)
            await self.settle()
        self.clock.now = end
        await self.settle()

    async def do(self, action: Callable[[World], Any]) -> Any:
        """Let the process answer a request; it is asked again when it dies over it."""
        while True:
            life = self.life or await self.start()
            try:
                return await action(life.world)
            except Killed:
                await self._die_and_restart()
            except ApiUnavailableError:
                continue

    async def _survive(self, work: Any) -> None:
        try:
            await work
        except Killed:
            await self._die_and_restart()

    async def _die_and_restart(self) -> None:
        self.stop()
        await self.start(self._stale_at_restart)

    async def _work_at_once(self, life: Life, keys: Sequence[Key]) -> None:
        """Work on keys at the same time; when one of them dies, all of them do."""
        tasks = [asyncio.ensure_future(self._work(life, key)) for key in keys]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, life: Life, key: Key) -> None:
        try:
            again = await reconcile(RECONCILERS[key.plural], life.world, key.namespace, key.name)
        except ApiUnavailableError:
            again = Again(is_stale=True)
        life.timers.pop(key, None)
        if again.is_stale:
            life.timers[key] = self.clock.now
        elif again.seconds is not None:
            life.timers[key] = self.clock.now + timedelta(seconds=again.seconds)

    def _next_key(self, life: Life) -> Key:
        keys = list(life.dirty)
        key = keys[0] if self._random is None else self._random.choice(keys)
        del life.dirty[key]
        return key

    def _fire_timers(self, life: Life) -> bool:
        due = [key for key, moment in life.timers.items() if moment <= self.clock.now]
        for key in due:
            del life.timers[key]
            life.dirty[key] = None
        return bool(due)

    def _on_change(self, resource: Resource, change: Change, item: Object) -> None:
        if self.life is not None:
            self.life.news.append((resource, change, item))

    def _deliver(self, life: Life) -> None:
        """Give the cache its news: all of them, or some of them in any order."""
        if self._random is not None:
            self._random.shuffle(life.news)
        count = len(life.news)
        if self._random is not None and life.dirty:
            count = self._random.randint(0, count)
        ready, life.news[:] = life.news[:count], life.news[count:]
        for resource, change, item in ready:
            metadata = item["metadata"]
            if change is Change.SEEN:
                life.world.cache.put(resource, item)
            else:
                life.world.cache.remove(
                    resource,
                    metadata["namespace"],
                    metadata["name"],
                    metadata["uid"],
                    metadata["resourceVersion"],
                )

    def _mark_dirty(self, resource: Resource, item: Object, before: Object | None) -> None:
        if self.life is not None:
            for key in keys_of(self.life.world.cache, resource, item, before):
                self.life.dirty[key] = None


def _since(resource: Resource, known: Sequence[Object], current: Sequence[Object]) -> list[News]:
    """Return what a watch tells that starts where an old LIST ended."""
    uids = {item["metadata"]["uid"] for item in current}
    gone = [item for item in known if item["metadata"]["uid"] not in uids]
    return [
        *((resource, Change.GONE, copy.deepcopy(item)) for item in gone),
        *((resource, Change.SEEN, copy.deepcopy(item)) for item in current),
    ]
