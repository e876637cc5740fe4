"""A plain client of the proxy, for its own tests: one connection per request, nothing retried."""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.builders import Object

__all__ = ["Answered", "Client", "Watch"]

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer."""

    code: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to a port of this machine."""

    port: int

    def send(self, method: str, path: str, body: Object | None = None, **query: str) -> Answered:
        """Send a request and return its answer.

        Raises:
            ConnectionError, http.client.HTTPException: the answer did not come, or not whole.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            url = f"{path}?{urlencode(query)}" if query else path
            content = None if body is None else json.dumps(body)
            connection.request(method, url, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answered(response.status, dict(response.headers), json.load(response))
        finally:
            connection.close()

    def watch(self, path: str, version: str) -> "Watch":
        """Open a watch since a version."""
        query = urlencode({"watch": "true", "resourceVersion": version})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        connection.request("GET", f"{path}?{query}")
        return Watch(connection, connection.getresponse())


@dataclass(frozen=True, slots=True)
class Watch:
    """An open stream of events."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse

    def lines(self) -> Iterator[bytes]:
        """Yield the lines until the stream ends; the last one may be cut."""
        while line := self.response.readline():
            yield line

    def events(self, count: int) -> list[tuple[str, str]]:
        """Return type and name of so many events."""
        found: list[tuple[str, str]] = []
        deadline = time.monotonic() + _SECONDS
        for line in self.lines():
            event = json.loads(line)
            found.append((event["type"], event["object"].get("metadata", {}).get("name", "")))
            if len(found) == count or time.monotonic() > deadline:
                break
        return found

    def close(self) -> None:
        """Close the connection."""
        self.response.close()
        self.connection.close()
