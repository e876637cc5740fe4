"""How often a watch may be opened: kopf opens one that ends at once thousands of times a second."""

import asyncio
from types import SimpleNamespace

import aiohttp

__all__ = ["watch_pace"]

_LEAST_SECONDS = 1.0


def watch_pace(least_seconds: float = _LEAST_SECONDS) -> aiohttp.TraceConfig:
    """Return what makes a client session wait before it opens the same watch again too soon."""
    opened: dict[str, float] = {}

    async def wait(
        _: aiohttp.ClientSession,
        __: SimpleNamespace,
        request: aiohttp.TraceRequestStartParams,
    ) -> None:
        if request.url.query.get("watch") != "true":
            return
        loop = asyncio.get_running_loop()
        path = request.url.path
        due = opened.get(path, loop.time() - least_seconds) + least_seconds
        opened[path] = max(due, loop.time())
        await asyncio.sleep(due - loop.time())

    config = aiohttp.TraceConfig()
    config.on_request_start.append(wait)
    return config
