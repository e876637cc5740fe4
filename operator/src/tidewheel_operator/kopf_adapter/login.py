"""Login for kopf's watches: the pod's service account, else the kubeconfig."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import kopf

from tidewheel_operator.kopf_adapter.watch_pace import watch_pace

__all__ = ["make_login"]

# Tokens of pods are rotated; kopf reads its own only once unless it is told to come back.
_LIFETIME = timedelta(minutes=10)


def make_login(replica: str) -> Any:  # noqa: ANN401 - kopf's calling convention
    """Return kopf's login handler; the audit log shows which replica watches."""

    # Asynchronous, for a client session belongs to the event loop that it is made in.
    async def login(**kwargs: Any) -> kopf.AiohttpSession | None:  # noqa: ANN401
        found = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
        return None if found is None else _session(found, replica)

    return login


def _session(found: kopf.ConnectionInfo, replica: str) -> kopf.AiohttpSession:
    """Return a session as kopf would make it, which opens no watch too often.

    Kopf asks for another one before these credentials can expire.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers={
            **found.as_http_headers(),
            "User-Agent": f"tidewheel-operator ({replica})",
        },
        proxy=found.proxy_url,
        trust_env=found.trust_env,
        trace_configs=[watch_pace()],
    )
    return kopf.AiohttpSession(
        aiohttp_session=session,
        server=found.server,
        default_namespace=found.default_namespace,
        priority=found.priority,
        expiration=datetime.now(UTC) + _LIFETIME,
    )
