"""Tell how far a program is: one JSON line per step on standard output."""

import json
import sys
from collections.abc import Callable

__all__ = ["Progress", "print_progress"]

# Stage in one word, percent of the whole program, and a sentence.
Progress = Callable[[str, int, str], None]


def print_progress(stage: str, percent: int, message: str) -> None:
    """Write one line and flush it, so that a log reader sees it at once."""
    line = json.dumps({"stage": stage, "percent": percent, "message": message})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
