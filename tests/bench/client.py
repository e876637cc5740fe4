"""A client that makes many objects with little CPU of its own: the operator needs the machine."""

import asyncio
import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from tests.builders import Object

from tidewheel_dev import errors

__all__ = ["Client", "client_of"]

_CONNECTIONS = 16
_SECONDS_PER_REQUEST = 60
_MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Client:
    """The administrator's access to one API server."""

    url: str
    context: ssl.SSLContext

    def create(self, *items: tuple[str, Object]) -> float:
        """Create objects at collection paths, as fast as can be; return the seconds it took."""
        requests = [("POST", path, json.dumps(item)) for path, item in items]
        return self._send_all(requests, "application/json")

    def patch_status(self, *items: tuple[str, Object]) -> float:
        """Merge a status into objects, given by their paths."""
        requests = [
            ("PATCH", f"{path}/status", json.dumps({"status": status})) for path, status in items
        ]
        return self._send_all(requests, _MERGE_PATCH)

    def get(self, path: str) -> Object:
        """Return an object or a list."""
        try:
            return asyncio.run(self._get(path))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DevError(
                f"the API server does not answer: {str(error) or type(error).__name__}"
            ) from error

    def _send_all(self, requests: Sequence[tuple[str, str, str]], content_type: str) -> float:
        started = time.monotonic()
        try:
            asyncio.run(self._send(requests, {"Content-Type": content_type}))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.DevError(
                f"the API server does not answer: {str(error) or type(error).__name__}"
            ) from error
        return time.monotonic() - started

    async def _send(
        self, requests: Sequence[tuple[str, str, str]], headers: dict[str, str]
    ) -> None:
        waiting = iter(requests)

        async def work(session: aiohttp.ClientSession) -> None:
            for method, path, body in waiting:
                async with session.request(method, self.url + path, data=body) as answer:
                    text = await answer.text()
                    if answer.status >= 300:
                        raise errors.DevError(f"{method} {path}: {answer.status} {text}")

        async with self._session(headers) as session:
            # Not a TaskGroup: the first refusal is to reach the person as it is.
            await asyncio.gather(*(work(session) for _ in range(min(_CONNECTIONS, len(requests)))))

    async def _get(self, path: str) -> Object:
        async with self._session({}) as session, session.get(self.url + path) as answer:
            content: Any = await answer.json()
            if answer.status >= 300:
                raise errors.DevError(f"GET {path}: {answer.status} {content}")
            found: Object = content
            return found

    def _session(self, headers: dict[str, str]) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=self.context),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=_SECONDS_PER_REQUEST),
            headers={"User-Agent": "tidewheel-bench", **headers},
        )


def client_of(port: int, certificates: Path) -> Client:
    """Return the administrator's client of a server on loopback."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    context.load_cert_chain(certificates / "admin.crt", certificates / "admin.key")
    return Client(f"https://127.0.0.1:{port}", context)
