"""Watching kinds of others, from the moment on at which the API server lets us."""

import asyncio
import logging

from tidewheel_operator.parts import Parts
from tidewheel_operator.runtime.api import ApiUnavailableError
from tidewheel_operator.runtime.event_source import EventSource
from tidewheel_operator.runtime.resources import Resource
from tidewheel_operator.runtime.sync import fill_kind

__all__ = ["follow"]

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 15.0


async def follow(
    parts: Parts, source: EventSource, resource: Resource, poll_seconds: float = _POLL_SECONDS
) -> None:
    """Wait until a kind can be read, then watch it; what serves it may be installed at any time.

    What is uninstalled later ends this watch, and with it the process: the next one waits.
    """
    said = ""
    while problem := await _problem(parts, resource):
        parts.world.followed.lacks(resource, problem)
        if problem != said:
            _LOG.info("%s objects cannot be read: %s", resource.kind, problem)
            said = problem
        await asyncio.sleep(poll_seconds)
    parts.vitals.expect((resource,))
    parts.verifier.include(resource)
    source.follow(resource, parts.on_change(asyncio.get_running_loop()))
    parts.world.followed.has(resource)
    _LOG.info("watching %s objects", resource.kind)


async def _problem(parts: Parts, resource: Resource) -> str:
    try:
        await fill_kind(parts.api, parts.cache, resource, parts.settings.watch_namespaces)
    except ApiUnavailableError as error:
        return str(error)
    return ""
