"""Area under the ROC curve and what each row adds to its error; pure numpy.

DeLong, DeLong & Clarke-Pearson, "Comparing the areas under two or more correlated receiver
operating characteristic curves", Biometrics 44 (1988): a row's placement is the share of rows of
the other class that it is ranked right against. The placements, less the area and over the rows of
a class, are the influence values of the area.
"""

import numpy as np

__all__ = ["auc", "auc_influence", "placements"]


def auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Return the probability that a positive row scores above a negative one; ties count half."""
    return float(np.mean(placements(positive, scores)[positive]))


def auc_influence(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return what each row adds to the deviation of the area, shape (n_rows,).

    Args:
        positive: boolean array, shape (n_rows,), with both values.
        scores: float array, shape (n_rows,).
    """
    placed = placements(positive, scores)
    area = np.mean(placed[positive])
    negatives, positives = np.count_nonzero(~positive), np.count_nonzero(positive)
    return np.asarray((placed - area) / np.where(positive, positives, negatives))


def placements(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return, for each row, the share of the other class that it is ranked right against.

    By ranks: a positive row's rank among all less its rank among its own class is the number of
    negative rows below it, ties counted half.

    Args:
        positive: boolean array, shape (n_rows,), with both values.
        scores: float array, shape (n_rows,).
    """
    overall = _middle_ranks(scores)
    result = np.empty(len(scores))
    negatives, positives = np.count_nonzero(~positive), np.count_nonzero(positive)
    result[positive] = (overall[positive] - _middle_ranks(scores[positive])) / negatives
    result[~positive] = 1 - (overall[~positive] - _middle_ranks(scores[~positive])) / positives
    return result


def _middle_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1, equal values sharing their middle rank."""
    _, members, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[members])
