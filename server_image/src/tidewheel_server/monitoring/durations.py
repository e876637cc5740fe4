"""Histograms of durations as plain integers, which cost a tenth of labelled metric objects."""

from bisect import bisect_left
from dataclasses import dataclass, field

from tidewheel_contracts.serving_counts import DurationCounts, InferenceDurations

__all__ = ["BOUNDS_NANOSECONDS", "BOUNDS_SECONDS", "Durations", "InferenceCells"]

BOUNDS_SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip
BOUNDS_NANOSECONDS = tuple(round(bound * 1_000_000_000) for bound in BOUNDS_SECONDS)


class Durations:
    """One histogram; the sum is of whole nanoseconds, so that it adds up exactly."""

    __slots__ = ("_counts", "_sum_nanoseconds")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_NANOSECONDS) + 1)
        self._sum_nanoseconds = 0

    def add(self, nanoseconds: int) -> None:
        """Count one duration."""
        self._counts[bisect_left(BOUNDS_NANOSECONDS, nanoseconds)] += 1
        self._sum_nanoseconds += nanoseconds

    def counts(self) -> DurationCounts:
        """Return everything counted so far."""
        return DurationCounts(counts=tuple(self._counts), sum_nanoseconds=self._sum_nanoseconds)


@dataclass(slots=True)
class InferenceCells:
    """The three histograms of the inferences that were answered with one status code."""

    request: Durations = field(default_factory=Durations)
    queue: Durations = field(default_factory=Durations)
    model: Durations = field(default_factory=Durations)

    def counts(self, code: int) -> InferenceDurations:
        """Return everything counted so far."""
        return InferenceDurations(
            code=code,
            request=self.request.counts(),
            queue=self.queue.counts(),
            model=self.model.counts(),
        )
