"""JSON over HTTP with the standard library: one request a connection, or many."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "Connection", "get", "post"]

_TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and document of a response; an empty document if the body was no JSON object."""

    status: int
    document: dict[str, Any]
    text: str


class Connection:
    """A connection to one host that stays open from request to request while the server allows."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._folder = parts.path.rstrip("/")
        self._client = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=_TIMEOUT_SECONDS
        )

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; after the server has closed, the next one connects anew.

        Raises:
            OSError, http.client.HTTPException: there was no answer.
        """
        kind = {"Content-Type": "application/json"} if body is not None else {}
        try:
            self._client.request(method, self._folder + path, body, {**kind, **(headers or {})})
            answer = self._client.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            # Half a conversation is of no use; the next request starts with a fresh one.
            self._client.close()
            raise
        return Answer(answer.status, _document(text), text)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def get(url: str, path: str) -> Answer:
    """Ask once."""
    return _once(url, "GET", path, None, None)


def post(url: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Post once, over a connection of its own."""
    return _once(url, "POST", path, body, headers)


def _once(
    url: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None
) -> Answer:
    connection = Connection(url)
    try:
        return connection.send(method, path, body, {"Connection": "close", **(headers or {})})
    finally:
        connection.close()


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
