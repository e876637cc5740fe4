"""The seam behind which watches live: whoever delivers changes can be replaced without the rest."""

from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol

from tidewheel_operator.runtime.resources import Resource

__all__ = ["Change", "EventSource", "OnChange"]

Object = dict[str, Any]


class Change(Enum):
    """What happened to an object."""

    SEEN = "seen"  # it exists, as it is given
    LISTED = "listed"  # so does this one, found by a new listing: others may have gone unseen
    GONE = "gone"  # it was deleted


OnChange = Callable[[Resource, Change, Object], None]


class EventSource(Protocol):
    """Something that watches all resources and tells every change, from any thread."""

    def start(self, on_change: OnChange) -> None:
        """Begin to watch."""

    def follow(self, resource: Resource, on_change: OnChange) -> None:
        """Begin to watch a further kind, which the API server serves by now."""

    def has_failed(self) -> bool:
        """Tell whether watching has ended though nobody stopped it."""

    def stop(self) -> None:
        """End watching, and wait until it has ended."""
