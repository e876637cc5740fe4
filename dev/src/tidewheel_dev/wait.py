"""Wait for a fact with a deadline, and say what was missing when it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable

from tidewheel_dev import errors

__all__ = ["until"]


def until(
    what: str,
    missing: Callable[[], str | None],
    *,
    timeout_seconds: float,
    interval_seconds: float = 0.1,
) -> None:
    """Ask `missing` until it returns None.

    Args:
        what: what is waited for, as it reads after "waiting for".
        missing: returns the reason why it is not there yet, or None when it is.
        timeout_seconds: how long to go on asking.
        interval_seconds: the pause between two questions.

    Raises:
        DevError: the last reason, when the time is over.
    """
    deadline = time.monotonic() + timeout_seconds
    while (reason := missing()) is not None:
        if time.monotonic() >= deadline:
            raise errors.DevError(f"waited {timeout_seconds:.0f} s for {what}: {reason}")
        time.sleep(interval_seconds)
