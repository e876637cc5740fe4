"""All open connections: closes those that waited too long, and all of them when the server ends."""

import asyncio
from typing import Protocol

__all__ = ["Connection", "ConnectionTable"]


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


class ConnectionTable:
    """The open connections of one server.

    One sweep over all of them replaces a timer per request.
    """

    def __init__(self) -> None:
        self._connections: set[Connection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        # While draining, each answer closes its connection, so that clients move to other pods.
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._connections)

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
        """Close every connection whose deadline has passed."""
        for connection in [c for c in self._connections if c.deadline <= now]:
            connection.close()

    def close_idle(self) -> None:
        """Close every connection on which nothing is happening."""
        for connection in [c for c in self._connections if c.is_idle]:
            connection.close()

    async def all_closed(self) -> None:
        """Return as soon as no connection is open."""
        await self._all_closed.wait()
