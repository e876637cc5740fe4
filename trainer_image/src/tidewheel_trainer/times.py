"""Turn microseconds since 1970 into ISO 8601 text in UTC and back; naive times are taken as UTC."""

import numpy as np

__all__ = ["DAY", "iso_text", "microseconds"]

# Microseconds of a day.
DAY = 86_400_000_000


def iso_text(moment: int) -> str:
    """Return text such as 2013-03-31T23:59:00Z, with a fraction only when there is one."""
    return str(np.datetime64(moment, "us")).removesuffix(".000000") + "Z"


def microseconds(text: str) -> int:
    """Return the moment of such text in microseconds since 1970.

    Raises:
        ValueError: the text is not ISO 8601 in UTC.
    """
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} must end with Z: times are in UTC")
    return int(np.datetime64(text[:-1], "us").astype(np.int64))
