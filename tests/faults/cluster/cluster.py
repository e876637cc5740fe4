"""A real API server with scripted controllers: Jobs end, Deployments get ready, orphans go."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from tests.builders import Object
from tests.faults.cluster.actors import Actors
from tests.faults.cluster.direct import Direct
from tests.faults.cluster.loop_thread import LoopThread
from tests.faults.cluster.mirror import Mirror
from tests.integration.local_server import LocalServer
from tests.unit.operator.observations import as_sent

from tidewheel_operator.runtime.resources import RESOURCES, Resource, resource_of

__all__ = ["Cluster"]

_RETRY_SECONDS = 0.2


class Cluster:
    """What a test sees and does of one server; the work is done in the rig's thread."""

    def __init__(self, server: LocalServer, thread: LoopThread) -> None:
        self.server = server
        self._thread = thread
        self._actors: dict[str, Actors] = {}
        self._dirty: dict[str, asyncio.Event] = {}
        # When a controller of a namespace did something last; endless while it is at it.
        self._acted: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._direct, self.mirror = thread.run(self._start())

    def act_in(self, namespace: str) -> Actors:
        """Make a namespace, and let its controllers work from now on."""
        return self._thread.run(self._act_in(namespace))

    def create(self, namespace: str, *items: Object) -> None:
        """Create objects as a person does, also those that builders give as stored elsewhere."""
        for item in items:
            bare = as_sent(item)
            bare.pop("status", None)
            bare["metadata"] = {**bare["metadata"], "namespace": namespace}
            self._thread.run(self._direct.create(resource_of(bare), bare))

    def patch(self, resource: Resource, namespace: str, name: str, change: Object) -> None:
        """Merge a change into an object."""
        target = {"metadata": {"namespace": namespace, "name": name}}
        patched = self._thread.run(self._direct.patch(resource, target, change))
        assert patched is not None, f"{resource.kind} {name} is gone"

    def request(self, method: str, path: str, text: str) -> tuple[int, Any]:
        """Send anything as a person does who wants to be told of every mistake."""
        strict = {"fieldValidation": "Strict"}
        return self._thread.run(self._direct.send_text(method, path, text, query=strict))

    def delete(self, resource: Resource, item: Object) -> None:
        """Delete an object as a person does."""
        self._thread.run(self._direct.delete(resource, item))

    def empty(self, namespace: str) -> None:
        """Delete all objects of a namespace, owners first."""
        for resource in (*RESOURCES[::-1][4:], *RESOURCES[::-1][:4]):
            self._thread.run(self._direct.delete_all(resource, namespace))

    def seconds_since_act(self, namespace: str) -> float:
        """Return for how long the controllers of a namespace had nothing to do."""
        if self._dirty[namespace].is_set():
            return 0.0
        return max(0.0, time.monotonic() - self._acted.get(namespace, 0.0))

    def check(self) -> None:
        """Raise what has ended the mirror or an actor: nothing would move any more."""
        for task in self._tasks:
            if task.done():
                task.result()

    def stop(self) -> None:
        """End everything that runs."""

        async def stop() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._direct.close()

        self._thread.run(stop())

    async def _start(self) -> tuple[Direct, Mirror]:
        direct = Direct(self.server)
        mirror = Mirror(direct, self._mark)
        self._tasks.append(asyncio.create_task(mirror.run()))
        return direct, mirror

    async def _act_in(self, namespace: str) -> Actors:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        code, answer = await self._direct.send("POST", "/api/v1/namespaces", body)
        assert code < 300, answer
        actors = Actors(namespace, self._direct, self.mirror)
        self._dirty[namespace] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._act(namespace, actors.act)))
        return actors

    def _mark(self, namespace: str) -> None:
        if namespace in self._dirty:
            self._dirty[namespace].set()

    async def _act(self, namespace: str, act: Callable[[], Any]) -> None:
        dirty = self._dirty[namespace]
        while True:
            await dirty.wait()
            self._acted[namespace] = math.inf
            dirty.clear()
            try:
                while await act():
                    pass
                self._acted[namespace] = time.monotonic()
            except (aiohttp.ClientError, TimeoutError):
                # The server is away; controllers try again.
                await asyncio.sleep(_RETRY_SECONDS)
                dirty.set()
