"""The life of the process: start up, watch, lead when it is this replica's turn, end in order."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tidewheel_contracts.report import REPORT_AUDIENCE
from tidewheel_operator.following import follow
from tidewheel_operator.leading import drain, lead
from tidewheel_operator.parts import Parts, make_parts
from tidewheel_operator.reconcile.workers import run_workers
from tidewheel_operator.runtime.api import Outcome
from tidewheel_operator.runtime.event_source import EventSource
from tidewheel_operator.runtime.metrics import QUEUE_DEPTH, QUEUE_OLDEST_SECONDS
from tidewheel_operator.runtime.resources import RAY_JOBS, RESOURCES, WORKLOADS
from tidewheel_operator.runtime.vitals import measure_loop_lag
from tidewheel_operator.settings import Settings
from tidewheel_operator.startup import start_up
from tidewheel_operator.web.alert_tokens import AlertTokens
from tidewheel_operator.web.alerts import alert_app
from tidewheel_operator.web.health import health_app
from tidewheel_operator.web.report_tokens import ReportTokens
from tidewheel_operator.web.reports import Desk, report_app

__all__ = ["run_process"]

_LOG = logging.getLogger(__name__)
_WATCH_POLL_SECONDS = 1.0


async def run_process(settings: Settings, source: EventSource) -> int:
    """Run the operator; return the exit code of the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with make_parts(settings) as parts, _servers() as servers:
        await servers.serve(health_app(parts.health), settings.http_port)
        work = asyncio.create_task(_work(parts, source, servers))
        try:
            return await _until_stopped(stop, work, source)
        finally:
            # First of all the Lease: the other replica must not wait for the rest.
            await drain(parts.leadership, parts.queue, work)
            source.stop()


async def _until_stopped(stop: asyncio.Event, work: asyncio.Task[None], source: EventSource) -> int:
    stopping = asyncio.create_task(stop.wait())
    while not stopping.done() and not work.done():
        await asyncio.wait(
            {stopping, work}, timeout=_WATCH_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if source.has_failed():
            # Crash-only: a fresh start is the one way back that is always tested.
            _LOG.error("watches have ended; the process ends to start afresh")
            return 1
    if work.done():
        _LOG.error("work has ended", exc_info=work.exception())
        return 1
    _LOG.info("stopping")
    return 0


async def _work(parts: Parts, source: EventSource, servers: "_Servers") -> None:
    settings, vitals = parts.settings, parts.vitals
    parts.cache.subscribe(parts.mark_dirty)
    await start_up(parts.api, parts.cache, settings.watch_namespaces, parts.health)
    vitals.expect(RESOURCES)
    source.start(parts.on_change(asyncio.get_running_loop()))
    if settings.alert_tokens_file is not None:
        app = alert_app(parts.alert_world, AlertTokens(settings.alert_tokens_file))
        await servers.serve(app, settings.alert_port)
    if settings.report_url is not None:
        await servers.serve(report_app(_desk(parts)), settings.report_port)
    _show_queue(parts)
    parts.health.waiting_for = ""
    _LOG.info("watching; the cache is filled")
    async with asyncio.TaskGroup() as group:
        aside = [
            group.create_task(parts.verifier.run()),
            group.create_task(measure_loop_lag(vitals)),
        ]
        if settings.is_kueue_read:
            aside.append(group.create_task(follow(parts, source, WORKLOADS)))
        if settings.is_ray_used:
            aside.append(group.create_task(follow(parts, source, RAY_JOBS)))
        await lead(parts.leadership, parts.queue, lambda: _run_workers(parts))
        for task in aside:
            task.cancel()


def _run_workers(parts: Parts) -> Awaitable[None]:
    # What this replica heard when it led before is older than what the status says.
    parts.world.reports.clear()
    return run_workers(parts.world, parts.queue, parts.vitals, parts.settings.workers)


def _desk(parts: Parts) -> Desk:
    def review(token: str) -> Awaitable[Outcome]:
        return parts.reviews.review_token(token, REPORT_AUDIENCE)

    return Desk(
        world=parts.world,
        tokens=ReportTokens(review, REPORT_AUDIENCE),
        is_leading=lambda: parts.leadership.is_leading,
        mark_dirty=parts.mark_run,
    )


def _show_queue(parts: Parts) -> None:
    """Let metrics tell of the leader's queue; the other replica's only shows what it would do."""
    queue, leadership = parts.queue, parts.leadership
    QUEUE_DEPTH.set_function(lambda: float(len(queue)) if leadership.is_leading else 0.0)
    QUEUE_OLDEST_SECONDS.set_function(
        lambda: queue.oldest_seconds() if leadership.is_leading else 0.0
    )


@dataclass(slots=True)
class _Servers:
    """The HTTP servers that run."""

    runners: list[web.AppRunner] = field(default_factory=list)

    async def serve(self, app: web.Application, port: int) -> None:
        """Serve an application on all addresses of the pod."""
        runner = web.AppRunner(app, access_log=None)
        self.runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", port).start()  # noqa: S104 - a pod's own address


@asynccontextmanager
async def _servers() -> AsyncIterator[_Servers]:
    servers = _Servers()
    try:
        yield servers
    finally:
        for runner in servers.runners:
            await runner.cleanup()
