"""Counts what was predicted into the bins of the training profile."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.artifact.profile import PredictionProfile
from tidewheel_contracts.serving_counts import PredictionCounts
from tidewheel_server.engines.engine import Outputs
from tidewheel_server.monitoring.bins import bin_counts, boundaries_of
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["PredictionBins"]

Numbers = NDArray[np.float64]


class PredictionBins:
    """The counts of one model's answers."""

    def __init__(self, profile: PredictionProfile, class_count: int) -> None:
        """Take the profile of a model of so many classes; of a number there are none."""
        self._class_count = class_count
        # Name of the output that is counted.
        self.output = PROBABILITY if class_count else PREDICT
        self._value = _value_of(class_count)
        # The most probable class of many is a whole number from 0.
        self._boundaries = (
            np.arange(class_count + 1, dtype=np.float64)
            if class_count > 2
            else boundaries_of(profile.edges)
        )
        self._slots = np.zeros(len(self._boundaries) + 2, dtype=np.int64)
        self._value_sum = 0.0

    def kept(self, outputs: Outputs) -> bytes:
        """Return what has to be kept of an answer until it is counted: its numbers, row by row."""
        return outputs[self.output].tobytes()

    def count(self, kept: bytes) -> None:
        """Count the answers to some requests, given one after the other."""
        values = self._value(np.frombuffer(kept))
        self._slots += bin_counts(self._boundaries, values)
        if self._class_count <= 2:
            self._value_sum += float(values.sum())

    def counts(self) -> PredictionCounts:
        """Return everything counted so far; the model gives no missing answer."""
        _, below, *bins = self._slots.tolist()
        above = bins.pop() if bins else 0
        return PredictionCounts(
            below=below, bins=tuple(bins), above=above, value_sum=self._value_sum
        )


def _value_of(class_count: int) -> Callable[[Numbers], Numbers]:
    """Return how the number to count is found among all answers, given flat and row by row."""
    if class_count == 0:
        return lambda answers: answers
    if class_count <= 2:
        return lambda answers: np.ascontiguousarray(answers[class_count - 1 :: class_count])
    return lambda answers: answers.reshape(-1, class_count).argmax(axis=1).astype(np.float64)
