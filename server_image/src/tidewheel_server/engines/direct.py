"""The seam of engines that answer the body of a usual request with the body of its response."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Direct", "DirectAnswer", "DirectCall", "DirectColumn", "DirectFrame", "DirectOutput"]


@dataclass(frozen=True, slots=True)
class DirectColumn:
    """A column of the model: a `number`, a `whole` one, a `flag` or `text`."""

    name: str
    kind: str
    datatypes: tuple[str, ...]  # what a client may call it


@dataclass(frozen=True, slots=True)
class DirectOutput:
    """JSON around the sizes and the data of an output.

    `head` ends before the number of rows and `tail` comes after the shape. With `labels`, one of
    each class as JSON, each row has that of its highest answer; without, all its answers.
    """

    name: str
    head: str
    tail: str
    labels: tuple[str, ...]
    has_width: bool


@dataclass(frozen=True, slots=True)
class DirectFrame:
    """What requests and responses of a model look like; `opening` ends before the identifier."""

    columns: tuple[DirectColumn, ...]
    matrix_datatypes: tuple[str, ...]
    opening: str
    outputs: tuple[DirectOutput, ...]


class DirectAnswer(Protocol):
    """A response, and what it was computed from."""

    @property
    def response(self) -> bytes:
        """Return the body."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""

    def numbers(self) -> NDArray[np.float64]:
        """Return the columns that are no text, NaN for a missing value, shape (columns, rows)."""

    def texts(self) -> list[list[str | None]]:
        """Return the columns of text."""

    def answers(self) -> NDArray[np.float64]:
        """Return probabilities of shape (rows, classes), or numbers of shape (rows, 1)."""


# Takes a body and the most rows; None for whatever is not usual, and for every refusal.
DirectCall = Callable[[bytes, int], DirectAnswer | None]


@runtime_checkable
class Direct(Protocol):
    """An engine that can do so."""

    def direct_call(self, frame: DirectFrame) -> DirectCall:
        """Return the function that answers requests of this frame; two threads may call it."""
