"""The life of the process: wait for the CRDs, fill the cache, work, end in good order."""

import asyncio
import logging
import signal
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from aiohttp import web

from tidewheel_operator.reconcile.routing import keys_of
from tidewheel_operator.reconcile.workers import run_workers
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.alert_counts import AlertCounts
from tidewheel_operator.runtime.api import ApiUnavailableError, KubernetesApi
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.client import make_client
from tidewheel_operator.runtime.event_source import Change, EventSource, OnChange
from tidewheel_operator.runtime.queue import WorkQueue
from tidewheel_operator.runtime.resources import Resource
from tidewheel_operator.runtime.sync import fill, missing_definitions, verify
from tidewheel_operator.settings import Settings
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app
from tidewheel_operator.web.health import Health, health_app

__all__ = ["run_process"]

Object = dict[str, Any]
_LOG = logging.getLogger(__name__)
_START_POLL_SECONDS = 2.0
# Soon once, for what was deleted between our first listing and the start of the watches.
_FIRST_VERIFY_SECONDS = 30.0
_VERIFY_SECONDS = 600.0
_WATCH_POLL_SECONDS = 1.0


async def run_process(settings: Settings, source: EventSource) -> int:
    """Run the operator; return the exit code of the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    client = await make_client()
    servers = [await _serve(health_app(health), settings.http_port)]
    api, cache, queue = KubernetesApi(client), Cache(), WorkQueue()
    world = World(api, cache, settings, lambda: datetime.now(UTC), AlertCounts())
    try:
        work = asyncio.create_task(_work(world, api, queue, source, health, servers))
        return await _until_stopped(stop, work, source)
    finally:
        source.stop()
        for server in servers:
            await server.cleanup()
        await client.close()


async def _until_stopped(stop: asyncio.Event, work: asyncio.Task[None], source: EventSource) -> int:
    stopping = asyncio.create_task(stop.wait())
    while not stopping.done() and not work.done():
        await asyncio.wait(
            {stopping, work}, timeout=_WATCH_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if source.has_failed():
            # Crash-only: a fresh start is the one way back that is always tested.
            _LOG.error("watches have ended; the process ends to start afresh")
            work.cancel()
            return 1
    if work.done() and not work.cancelled() and work.exception() is not None:
        _LOG.error("work has ended", exc_info=work.exception())
        return 1
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    _LOG.info("stopped")
    return 0


async def _work(
    world: World,
    api: KubernetesApi,
    queue: WorkQueue,
    source: EventSource,
    health: Health,
    servers: list[web.AppRunner],
) -> None:
    settings, cache = world.settings, world.cache
    await _wait_for_definitions(api, health)
    cache.subscribe(lambda resource, item: _mark_dirty(cache, queue, resource, item))
    await _fill(api, cache, settings, health)
    source.start(_on_change(cache, asyncio.get_running_loop()))
    if settings.alert_tokens_file is not None:
        app = alert_app(world, AlertTokens(settings.alert_tokens_file))
        servers.append(await _serve(app, settings.alert_port))
    health.waiting_for = ""
    _LOG.info("working")
    async with asyncio.TaskGroup() as group:
        group.create_task(run_workers(world, queue, settings.workers))
        pauses = chain((_FIRST_VERIFY_SECONDS,), repeat(_VERIFY_SECONDS))
        group.create_task(verify(api, cache, settings.watch_namespaces, pauses))


async def _wait_for_definitions(api: KubernetesApi, health: Health) -> None:
    while True:
        try:
            missing = await missing_definitions(api)
        except ApiUnavailableError as error:
            reason = f"the API server: {error}"
        else:
            if not missing:
                return
            reason = f"CustomResourceDefinitions: {', '.join(missing)}"
        _say_once(health, reason)
        await asyncio.sleep(_START_POLL_SECONDS)


async def _fill(api: KubernetesApi, cache: Cache, settings: Settings, health: Health) -> None:
    while True:
        try:
            await fill(api, cache, settings.watch_namespaces)
        except ApiUnavailableError as error:
            _say_once(health, f"the first listing: {error}")
            await asyncio.sleep(_START_POLL_SECONDS)
        else:
            return


def _say_once(health: Health, reason: str) -> None:
    if health.waiting_for != reason:
        health.waiting_for = reason
        _LOG.info("waiting for %s", reason)


def _mark_dirty(cache: Cache, queue: WorkQueue, resource: Resource, item: Object) -> None:
    for key in keys_of(cache, resource, item):
        queue.add(key)


def _on_change(cache: Cache, loop: asyncio.AbstractEventLoop) -> OnChange:
    def put(resource: Resource, change: Change, item: Object) -> None:
        if change is Change.SEEN:
            cache.put(resource, item)
            return
        metadata = item["metadata"]
        cache.remove(
            resource,
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
            metadata.get("resourceVersion"),
        )

    def on_change(resource: Resource, change: Change, item: Object) -> None:
        loop.call_soon_threadsafe(put, resource, change, item)

    return on_change


async def _serve(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", port).start()  # noqa: S104 - a pod's own address
    return runner
