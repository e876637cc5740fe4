"""Liveness, readiness and metrics."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tidewheel_operator.runtime.metrics import REGISTRY

__all__ = ["Health", "health_app"]


@dataclass(slots=True)
class Health:
    """What the process says about itself.

    `waiting_for` is empty once the replica can lead and answer alerts; `leader` names the replica
    that leads; `complaints` gives the reasons to replace this process.
    """

    waiting_for: str = "start"
    leader: Callable[[], str] = str
    complaints: Callable[[], list[str]] = list


def health_app(health: Health) -> web.Application:
    """Return the application of the operator's own port."""

    async def healthz(_: web.Request) -> web.Response:
        complaints = health.complaints()
        if complaints:
            return web.json_response({"alive": False, "complaints": complaints}, status=503)
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        if health.waiting_for:
            return web.json_response({"waitingFor": health.waiting_for}, status=503)
        return web.json_response({"ready": True, "leader": health.leader()})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
