"""Measure answers, and refuse a measure that is no number; pure."""

import math

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.measures import Measure

__all__ = ["finite_value"]


def finite_value(measure: Measure, truth: np.ndarray, answers: np.ndarray, whose: str) -> float:
    """Return a measure of answers, which must be a number: all that is judged compares numbers.

    Args:
        measure: what is measured.
        truth: codes of classes, or numbers, shape (n_rows,).
        answers: as the measure takes them, the first axis of length n_rows.
        whose: the candidate or version that answered, for the message.

    Raises:
        TrainerError: MetricUnavailable, when it is no number.
    """
    with np.errstate(all="ignore"):
        value = measure.function(truth, answers)
    if math.isfinite(value):
        return value
    raise TrainerError(FailureReason.METRIC_UNAVAILABLE, _why(measure, truth, answers, whose))


def _why(measure: Measure, truth: np.ndarray, answers: np.ndarray, whose: str) -> str:
    about = f"`{measure.name}` of {whose!r} cannot be computed on {len(truth):,} rows"
    if measure.task is Task.CLASSIFICATION and len(np.unique(truth)) < 2:
        return (
            f"{about}: all of them are of one class; choose a metric that one class defines, such "
            "as log_loss, or a split that gives more rows to judge by"
        )
    largest = float(np.max(np.abs(answers), initial=0.0))
    return (
        f"{about}: it is no finite number, and the largest answer is {largest:.3g}; choose another "
        "metric, or parameters by which the fit converges"
    )
