"""How long a program will go on, judged by how fast it has been; pure."""

from dataclasses import dataclass

__all__ = ["Pace", "paced", "remaining_seconds"]

# Rows are read at another pace than models are fitted.
_READING = "Reading"


@dataclass(frozen=True, slots=True)
class Pace:
    """Where the work began that the rest is judged by: seconds of the program, and percent."""

    seconds: float
    percent: int


def paced(pace: Pace | None, stage: str, percent: int, seconds: float) -> Pace | None:
    """Return where the work began, once a stage after the reading of rows has."""
    if pace is not None or stage == _READING:
        return pace
    return Pace(seconds, percent)


def remaining_seconds(pace: Pace | None, percent: int, seconds: float) -> int | None:
    """Return how many seconds the rest takes at the pace so far; None while there is none."""
    if pace is None or percent <= pace.percent:
        return None
    a_percent = (seconds - pace.seconds) / (percent - pace.percent)
    return round(a_percent * (100 - percent))
