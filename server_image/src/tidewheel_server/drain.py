"""Ends the server without a failed request.

SIGTERM -> not ready, each answer closes its connection      (for `drain_seconds`: endpoints move)
        -> no new connections, idle ones are closed          (for at most `exit_seconds`)
        -> exit
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from tidewheel_server.application import Application
from tidewheel_server.http.connections import ConnectionTable
from tidewheel_server.log import log
from tidewheel_server.model_state import drained

__all__ = ["CallServer", "Listener", "drain"]


class Listener(Protocol):
    """What accepts connections."""

    def close(self) -> None:
        """Accept no more; open connections stay."""


class CallServer(Protocol):
    """What answers calls beside HTTP."""

    async def stop(self, grace: float | None) -> None:
        """Take no more calls; return when those there are have ended, or the grace is over."""


async def drain(
    application: Application,
    connections: ConnectionTable,
    listener: Listener,
    call_servers: Sequence[CallServer] = (),
    *,
    drain_seconds: float,
    exit_seconds: float,
) -> None:
    """Return when every open request has been answered, or the time for it is over."""
    log("draining", connections=len(connections), drain_seconds=drain_seconds)
    application.state = drained(application.state)
    connections.is_draining = True
    await asyncio.sleep(drain_seconds)
    listener.close()
    connections.close_idle()
    stopping = [asyncio.create_task(server.stop(exit_seconds)) for server in call_servers]
    try:
        await asyncio.wait_for(connections.all_closed(), exit_seconds)
    except TimeoutError:
        log("drain timed out", connections=len(connections))
    else:
        log("drained")
    await asyncio.gather(*stopping)
