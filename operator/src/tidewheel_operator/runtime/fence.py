"""The fence: no write of the reconcilers starts unless this replica surely still leads."""

from collections.abc import Callable
from typing import Protocol

from tidewheel_operator.runtime.clock import elapsed_seconds

__all__ = ["Fence", "Gate", "NotLeaderError", "OpenGate"]


class NotLeaderError(Exception):
    """This replica does not lead, or no longer knows that it does, so it may not write."""


class Gate(Protocol):
    """What a write passes right before it is sent."""

    def check(self) -> None:
        """Let the write pass.

        Raises:
            NotLeaderError: it may not be sent.
        """


class OpenGate:
    """Lets every write pass: the alert webhook's, which any replica may make."""

    def check(self) -> None:
        """Let the write pass."""


class Fence:
    """Lets writes pass until a moment that every renewal of the Lease moves."""

    def __init__(self, clock: Callable[[], float] = elapsed_seconds) -> None:
        self._clock = clock
        self._until = 0.0

    def open_until(self, moment: float) -> None:
        """Let writes start before a moment of the elapsed clock."""
        self._until = moment

    def close(self) -> None:
        """Let no write start."""
        self._until = 0.0

    def check(self) -> None:
        """Let the write pass.

        Raises:
            NotLeaderError: the Lease was not renewed in time.
        """
        if self._clock() >= self._until:
            raise NotLeaderError("this replica does not hold the Lease, so it writes nothing")
