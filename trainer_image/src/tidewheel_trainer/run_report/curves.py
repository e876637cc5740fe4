"""Curves of a model that answers probabilities of one class; pure numpy.

Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006): rows of one score
are taken together, so that the curve does not depend on their order.
"""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "Curve",
    "Reliability",
    "average_precision",
    "precision_recall",
    "reliability",
    "roc",
    "score_shares",
    "thinned",
]

_MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a curve from left to right, each of shape (n_points,)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of equal width that hold rows: mean probability, share of positive rows, rows."""

    predicted: np.ndarray
    observed: np.ndarray
    rows: np.ndarray


def roc(positive: np.ndarray, scores: np.ndarray) -> Curve | None:
    """Return false-positive rate and true-positive rate at each threshold; None for one class.

    Args:
        positive: boolean array, shape (n_rows,).
        scores: float array, shape (n_rows,).
    """
    hits, alarms = _counts(positive, scores)
    if not hits[-1] or not alarms[-1]:
        return None
    return Curve(
        np.concatenate([[0.0], alarms / alarms[-1]]), np.concatenate([[0.0], hits / hits[-1]])
    )


def precision_recall(positive: np.ndarray, scores: np.ndarray) -> Curve | None:
    """Return recall and precision at each threshold, highest first; None without positive rows."""
    hits, alarms = _counts(positive, scores)
    if not hits[-1]:
        return None
    return Curve(hits / hits[-1], hits / (hits + alarms))


def average_precision(curve: Curve) -> float:
    """Return the mean precision of a precision-recall curve, weighted by the steps of recall."""
    return float(np.sum(np.diff(curve.x, prepend=0.0) * curve.y))


def reliability(positive: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> Reliability:
    """Return how often what was predicted came true.

    Args:
        positive: boolean array, shape (n_rows,).
        probabilities: of being positive, shape (n_rows,).
        bins: how many bins of equal width divide the numbers from 0 to 1.
    """
    places = np.clip((probabilities * bins).astype(np.int64), 0, bins - 1)
    rows = np.bincount(places, minlength=bins)
    filled = rows > 0
    counts = rows[filled]
    predicted = np.bincount(places, weights=probabilities, minlength=bins)[filled] / counts
    observed = np.bincount(places, weights=positive, minlength=bins)[filled] / counts
    return Reliability(predicted, observed, counts)


def score_shares(
    positive: np.ndarray, probabilities: np.ndarray, bins: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Return how negative and positive rows spread over bins of equal width, as shares of each.

    Without a row of one class its shares are 0.
    """
    places = np.clip((probabilities * bins).astype(np.int64), 0, bins - 1)
    negative, alike = (
        np.bincount(places[marked], minlength=bins) / max(1, int(np.count_nonzero(marked)))
        for marked in (~positive, positive)
    )
    return negative, alike


def thinned(curve: Curve, most: int = _MOST_POINTS) -> Curve:
    """Return a curve of at most so many points, with its ends, spread evenly along its length."""
    if len(curve.x) <= most:
        return curve
    steps = np.hypot(np.diff(curve.x), np.diff(curve.y))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.searchsorted(along, np.linspace(0.0, along[-1], most))
    kept = np.unique(np.concatenate([[0], np.minimum(places, len(along) - 1), [len(along) - 1]]))
    return Curve(curve.x[kept], curve.y[kept])


def _counts(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positive and negative rows that score at least each distinct score, highest first."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits
