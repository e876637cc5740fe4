"""Try again what a source did not answer, with growing pauses, until a deadline."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["DEADLINE_SECONDS", "AwayError", "with_retries"]

DEADLINE_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0
Answer = TypeVar("Answer")


class AwayError(Exception):
    """The source did not answer, or asked to come back after so many seconds."""

    def __init__(self, message: str, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


def with_retries(
    ask: Callable[[], Answer],
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """Return what `ask` returns; AwayError from it means to ask again.

    Raises:
        TrainerError: SourceUnavailable, when the deadline comes first.
    """
    end = clock() + deadline_seconds
    seconds = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return ask()
        except AwayError as error:
            # Jitter keeps collections that failed together from coming back together.
            wait = max(seconds * random.uniform(0.5, 1.0), error.after_seconds or 0.0)  # noqa: S311
            if clock() + wait > end:
                raise TrainerError(
                    FailureReason.SOURCE_UNAVAILABLE,
                    f"{error}; it was tried again for {deadline_seconds:.0f} seconds",
                ) from error
        pause(wait)
        seconds = min(seconds * 2, _LONGEST_PAUSE_SECONDS)
