"""A client that keeps asking while the model behind the endpoint changes, and counts.

Every round asks twice: over a connection of its own, as most scripts do, and over one that stays
open, as services do. An open connection stays with its pod, so it shows the other half of a
switch: that the version before ends without losing a request.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from tidewheel_dev import errors
from tidewheel_dev.demo import web
from tidewheel_dev.demo.endpoint import Endpoint

__all__ = ["Asked", "Client", "Span", "asking", "spans"]

Mode = Literal["new connection", "open connection"]

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it was answered, and by which version, or why not."""

    mode: Mode
    seconds: float
    version: int | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The answers of one version to one kind of client."""

    mode: Mode
    version: int
    count: int
    first_seconds: float
    last_seconds: float


@dataclass(slots=True)
class Client:
    """What was asked so far; written by the asking thread, read by anyone."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Return the number of requests."""
        return len(self.asked)

    @property
    def failures(self) -> list[Asked]:
        """Return the requests that got no answer, or one that is not success."""
        return [each for each in list(self.asked) if each.version is None]

    def versions_now(self) -> dict[Mode, int | None]:
        """Return which version answered each kind of client last."""
        return {each.mode: each.version for each in list(self.asked)[-4:]}


@contextmanager
def asking(endpoint: Endpoint, body: bytes) -> Iterator[Client]:
    """Ask the same question over and over in a thread while the block runs."""
    client, stop = Client(), threading.Event()
    thread = threading.Thread(target=_ask, args=(client, endpoint, body, stop), daemon=True)
    thread.start()
    try:
        yield client
    finally:
        stop.set()
        thread.join()


def spans(asked: list[Asked]) -> list[Span]:
    """Return which version answered when, for each kind of client."""
    found: dict[tuple[Mode, int], list[float]] = {}
    for each in asked:
        if each.version is not None:
            found.setdefault((each.mode, each.version), []).append(each.seconds)
    return [
        Span(mode, version, len(moments), min(moments), max(moments))
        for (mode, version), moments in sorted(found.items())
    ]


def _ask(client: Client, endpoint: Endpoint, body: bytes, stop: threading.Event) -> None:
    started = time.monotonic()
    kept = web.Connection(endpoint.url)
    while not stop.is_set():
        fresh = web.Connection(endpoint.url)
        client.asked.append(_one(endpoint, fresh, body, "new connection", started))
        fresh.close()
        client.asked.append(_one(endpoint, kept, body, "open connection", started))
        stop.wait(_PAUSE_SECONDS)
    kept.close()


def _one(
    endpoint: Endpoint, connection: web.Connection, body: bytes, mode: Mode, started: float
) -> Asked:
    try:
        version = endpoint.ask(connection, body).version
    except (OSError, http.client.HTTPException, errors.DevError) as err:
        return Asked(mode, time.monotonic() - started, None, f"{type(err).__name__}: {err}")
    return Asked(mode, time.monotonic() - started, version)
