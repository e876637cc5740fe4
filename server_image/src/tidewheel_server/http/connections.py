"""All open connections: limits them, and closes those that waited too long or are in the way."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Connection", "ConnectionLimits", "ConnectionTable"]


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, and how much all of their unanswered bodies may hold."""

    connections: int = 10_000
    held_bytes: int = 128 * 1024 * 1024


class Connection(Protocol):
    """What the table needs to know of a connection."""

    @property
    def deadline(self) -> float:
        """Loop time at which the connection has waited too long."""

    @property
    def is_idle(self) -> bool:
        """Tell whether no request is being read or answered."""

    def close(self) -> None:
        """Close after what is already written has been sent."""

    def end_overdue(self) -> None:
        """Close because the deadline has passed, and say so if somebody may read it."""


class ConnectionTable:
    """The open connections of one server.

    One sweep over all of them replaces a timer per request.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._held_bytes = 0
        self._connections: set[Connection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        # While draining, each answer closes its connection, so that clients move to other pods.
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def is_full(self) -> bool:
        """Tell whether a new connection must be refused."""
        return len(self._connections) >= self._limits.connections

    @property
    def is_overrun(self) -> bool:
        """Tell whether there are so many that refusing them politely takes too much."""
        return len(self._connections) >= 2 * self._limits.connections

    def hold(self, count_bytes: int) -> bool:
        """Count bytes of bodies that came or went; tell whether all of them are within the limit.

        However many connections send large bodies at once, they share one amount of memory.
        """
        self._held_bytes += count_bytes
        return self._held_bytes <= self._limits.held_bytes

    def add(self, connection: Connection) -> None:
        """Watch a new connection."""
        self._connections.add(connection)
        self._all_closed.clear()

    def discard(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._connections.discard(connection)
        if not self._connections:
            self._all_closed.set()

    def close_overdue(self, now: float) -> None:
        """End every connection whose deadline has passed."""
        for connection in [c for c in self._connections if c.deadline <= now]:
            connection.end_overdue()

    def close_idle(self) -> None:
        """Close every connection on which nothing is happening."""
        for connection in [c for c in self._connections if c.is_idle]:
            connection.close()

    async def all_closed(self) -> None:
        """Return as soon as no connection is open."""
        await self._all_closed.wait()
