"""Compare two models on the same rows, with an error that is clustered by day or group; pure.

Rows of one day share weather, staff and season, so an error of independent rows is too small (2.9
times on flights, reference/judgement.md, section 6). Influence values are summed per cluster and
their squares added, times G / (G - 1) for G clusters: the sandwich of Liang & Zeger, "Longitudinal
data analysis using generalized linear models", Biometrika 73 (1986), with its usual correction.

A measure without influence values is computed again with each cluster left out: the delete-a-group
jackknife, (G - 1) / G times the sum of squares about their mean (Kott, "The delete-a-group
jackknife", Journal of Official Statistics 17, 2001). Whole clusters are many rows, which makes it
right for a median too, unlike leaving out one row (Shao & Wu, "A general theory for jackknife
variance estimation", Annals of Statistics 17, 1989).
"""

from dataclasses import dataclass

import numpy as np

from tidewheel_trainer.train.measures import Measure

__all__ = ["Comparison", "compared"]

# Each group that is left out costs two measures of all rows; neighbouring days are put together.
_MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of candidate and champion on the same rows.

    `difference` is candidate minus champion, and `standard_error` is that difference's; `clusters`
    counts the days or groups that it comes from. `alike` says that both gave the same answers.
    """

    measure: Measure
    candidate: float
    champion: float
    difference: float
    standard_error: float
    clusters: int
    alike: bool = False


def compared(
    measure: Measure,
    truth: np.ndarray,
    candidate: np.ndarray,
    champion: np.ndarray,
    clusters: np.ndarray,
) -> Comparison:
    """Compare two models' answers to the same rows.

    Args:
        measure: what is compared.
        truth: codes of classes, or numbers, shape (n_rows,).
        candidate: answers as the measure takes them, the first axis of length n_rows.
        champion: answers of the same shape.
        clusters: day or group of each row, shape (n_rows,).
    """
    _, members = np.unique(clusters, return_inverse=True)
    count = int(members.max()) + 1
    first, second = measure.function(truth, candidate), measure.function(truth, champion)
    alike = np.array_equal(candidate, champion)
    if alike:
        variance = 0.0
    elif count == 1:
        variance = np.inf  # one cluster tells nothing about how clusters vary
    elif measure.influence is not None:
        influence = measure.influence(truth, candidate) - measure.influence(truth, champion)
        sums = np.bincount(members, weights=influence)
        variance = float(np.sum(sums**2)) * count / (count - 1)
    else:
        variance = _jackknife(measure, truth, candidate, champion, members)
    error = float(np.sqrt(variance))
    return Comparison(measure, first, second, first - second, error, count, alike)


def _jackknife(
    measure: Measure,
    truth: np.ndarray,
    candidate: np.ndarray,
    champion: np.ndarray,
    members: np.ndarray,
) -> float:
    """Return the variance of the difference; infinite where leaving a group out undefines it."""
    clusters = int(members.max()) + 1
    groups = min(clusters, _MOST_GROUPS)
    group = members * groups // clusters
    differences = np.empty(groups)
    for left_out in range(groups):
        kept = group != left_out
        differences[left_out] = measure.function(truth[kept], candidate[kept]) - measure.function(
            truth[kept], champion[kept]
        )
    if not np.isfinite(differences).all():
        return np.inf
    squares = np.sum((differences - np.mean(differences)) ** 2)
    return float(squares * (groups - 1) / groups)
