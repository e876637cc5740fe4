"""Waiting by times that are written in a status, though clocks may be moved meanwhile."""

from datetime import datetime

from tidewheel_operator.policies.observed import from_time

__all__ = ["seconds_left"]


def seconds_left(since: str, length_seconds: float, now: datetime) -> float:
    """Return the seconds until so many have passed since a written time; 0 when they have.

    A time that lies further ahead than the whole wait was written by a clock that has been set back
    since then. Who waited for it would wait for as long as the clock was wrong.
    """
    left = length_seconds - (now - from_time(since)).total_seconds()
    return left if 0.0 < left <= 2.0 * length_seconds else 0.0
