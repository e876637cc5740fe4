"""A server that runs for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

__all__ = ["started"]


class Server(Protocol):
    """What can be started, and stopped also when it did not start."""

    def start(self) -> None:
        """Start it, and return when it answers."""

    def stop(self) -> None:
        """End it; nothing happens when it has ended."""


ServerT = TypeVar("ServerT", bound=Server)


@contextmanager
def started(server: ServerT) -> Iterator[ServerT]:
    """Run a server."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
