"""What has to be there before the operator can work, and what it says while it waits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from tidewheel_operator.runtime.api import ApiUnavailableError, KubernetesApi
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.sync import fill, missing_definitions
from tidewheel_operator.web.health import Health

__all__ = ["start_up"]

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 2.0


async def start_up(
    api: KubernetesApi, cache: Cache, namespaces: Sequence[str], health: Health
) -> None:
    """Wait for our kinds to be served, then read every object once."""
    await _until(health, lambda: _definitions_problem(api))
    await _until(health, lambda: _fill_problem(api, cache, namespaces))


async def _until(health: Health, attempt: Callable[[], Awaitable[str]]) -> None:
    """Try until there is no problem; say each problem once."""
    while problem := await attempt():
        if health.waiting_for != problem:
            health.waiting_for = problem
            _LOG.info("waiting for %s", problem)
        await asyncio.sleep(_POLL_SECONDS)


async def _definitions_problem(api: KubernetesApi) -> str:
    try:
        missing = await missing_definitions(api)
    except ApiUnavailableError as error:
        return f"the API server: {error}"
    return f"CustomResourceDefinitions: {', '.join(missing)}" if missing else ""


async def _fill_problem(api: KubernetesApi, cache: Cache, namespaces: Sequence[str]) -> str:
    try:
        await fill(api, cache, namespaces)
    except ApiUnavailableError as error:
        return f"the first listing: {error}"
    return ""
