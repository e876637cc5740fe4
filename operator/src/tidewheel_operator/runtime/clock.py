"""The clock that waits and leases are measured by: no person and no time server moves it."""

import time

__all__ = ["elapsed_seconds"]


def elapsed_seconds() -> float:
    """Return seconds since some moment in the past.

    Unlike `time.monotonic` it also counts the time that the machine was suspended, during which
    another replica may have taken over.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)
