"""Resolve a host, and give only addresses that a source may be at."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Guard", "Unguarded"]


class Guard(Protocol):
    """What every source asks before it connects."""

    def address_of(self, host: str, port: int) -> str:
        """Return the address (IPv4 or IPv6 text) to connect to for a host.

        Raises:
            TrainerError: SourceForbidden, when it may not be connected to; SourceUnavailable, when
                it cannot be resolved.
        """
        ...


@dataclass(frozen=True, slots=True)
class Unguarded:
    """Lets everything pass, for tests whose servers are on this machine."""

    def address_of(self, host: str, port: int) -> str:
        """Return the host."""
        return host
