"""Watching Kueue's Workloads, from the moment on at which the API server lets us."""

import asyncio
import logging

from tidewheel_operator.parts import Parts
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.event_source import EventSource
from tidewheel_operator.runtime.resources import WORKLOADS
from tidewheel_operator.runtime.sync import fill_kind

__all__ = ["follow_workloads"]

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 15.0


async def follow_workloads(
    parts: Parts, source: EventSource, poll_seconds: float = _POLL_SECONDS
) -> None:
    """Wait until Workloads can be read, then watch them; Kueue may be installed at any time.

    Kueue that is uninstalled later ends this watch, and with it the process: the next one waits.
    """
    said = ""
    while problem := await _problem(parts):
        if problem != said:
            _LOG.info("what Kueue says is not known: %s", problem)
            said = problem
        await asyncio.sleep(poll_seconds)
    parts.vitals.expect((WORKLOADS,))
    parts.verifier.include(WORKLOADS)
    source.follow(WORKLOADS, parts.on_change(asyncio.get_running_loop()))
    _LOG.info("watching Kueue's Workloads")


async def _problem(parts: Parts) -> str:
    try:
        await fill_kind(parts.api, parts.cache, WORKLOADS, parts.settings.watch_namespaces)
    except ApiUnavailableError as error:
        return str(error)
    return ""
