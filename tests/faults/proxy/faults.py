"""What can go wrong with one request or with one event of a watch, as data."""

from dataclasses import dataclass

__all__ = [
    "Answer",
    "Cut",
    "Delay",
    "Drop",
    "Duplicate",
    "EndStream",
    "ErrorEvent",
    "Fault",
    "Hang",
    "Kill",
    "Reset",
    "StaleList",
    "Swap",
    "Truncate",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """The request is not forwarded; this code is its answer."""

    code: int
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Kill:
    """The operator dies at this request: before it reaches the server, or before its answer."""

    is_forwarded: bool


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks: before the request reaches the server, or before its answer."""

    is_forwarded: bool


@dataclass(frozen=True, slots=True)
class Truncate:
    """Half of the answer arrives, then the connection breaks."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing comes for so long, then the connection breaks; the server never saw the request."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StaleList:
    """A LIST says what was true at an earlier resourceVersion."""

    version: int


@dataclass(frozen=True, slots=True)
class EndStream:
    """A watch begins and ends at once, in good order."""


@dataclass(frozen=True, slots=True)
class Drop:
    """An event is not delivered."""


@dataclass(frozen=True, slots=True)
class Delay:
    """An event comes later; those after it overtake it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An event comes twice."""


@dataclass(frozen=True, slots=True)
class Swap:
    """An event comes after the next one of its stream."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A stream ends in the middle of this event's line: as if complete, or broken."""

    is_orderly: bool


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An ERROR event with this code comes instead of the event, and the stream ends."""

    code: int


Fault = (
    Answer
    | Kill
    | Reset
    | Truncate
    | Hang
    | StaleList
    | EndStream
    | Drop
    | Delay
    | Duplicate
    | Swap
    | Cut
    | ErrorEvent
)
