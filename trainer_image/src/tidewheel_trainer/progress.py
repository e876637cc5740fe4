"""Tell how far a program is: one JSON line per step on standard output."""

import json
import sys
from dataclasses import dataclass
from typing import Protocol

from tidewheel_contracts.api.v1alpha1.run_progress import Curve, TrialCounts

__all__ = ["NO_DETAILS", "Details", "Progress", "print_note", "print_progress"]


@dataclass(frozen=True, slots=True)
class Details:
    """What a step knows beyond its sentence; what is absent is as it was told before."""

    trials: TrialCounts | None = None
    best_candidate: str = ""
    best_score: str | None = None
    curve: Curve | None = None


NO_DETAILS = Details()


class Progress(Protocol):
    """Takes a stage in one word, percent of the whole program, a sentence, and details."""

    def __call__(
        self, stage: str, percent: int, message: str, details: Details = NO_DETAILS, /
    ) -> None:
        """Tell one step."""


def print_progress(
    stage: str, percent: int, message: str, details: Details = NO_DETAILS, /
) -> None:
    """Write one line and flush it, so that a log reader sees it at once; details are not for it."""
    _print({"stage": stage, "percent": percent, "message": message})


def print_note(message: str) -> None:
    """Write a line that is about no step."""
    _print({"message": message})


def _print(line: dict[str, str | int]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
