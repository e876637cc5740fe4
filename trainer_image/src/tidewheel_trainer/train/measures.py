"""The measures of a model, each in one row of one table; pure numpy.

Names and values are those of `sklearn.metrics`. A measure of classes takes codes of shape (n_rows,)
and probabilities of shape (n_rows, n_classes), one of numbers takes two arrays of shape (n_rows,).

Where a measure is a mean over rows, a function of such a mean, or an area under a ROC curve, its
influence values tell what each row adds to its error (Hampel, "The influence curve and its role in
robust estimation", JASA 69, 1974); the others are left to the jackknife of `comparing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import MetricName, Task
from tidewheel_trainer.train.auc import auc, auc_influence

__all__ = ["MEASURES", "Measure"]

# As scikit-learn clips: a probability of 0 would make the logarithm infinite for one wrong row.
_CLOSEST_TO_CERTAIN = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, and how it is read.

    Attributes:
        name: as scikit-learn spells it.
        task: what it measures.
        higher_is_better: false for an error, whose best value is 0; true for a score up to 1.
        function: its value for truth and answers.
        influence: what each row adds to the deviation of that value, shape (n_rows,).
        two_classes: true where it is defined for two classes only.
    """

    name: MetricName
    task: Task
    higher_is_better: bool
    function: Callable[[np.ndarray, np.ndarray], float]
    influence: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    two_classes: bool = False

    def fits(self, task: Task, classes: int) -> bool:
        """Say whether it measures this task with so many classes."""
        return self.task is task and (classes == 2 or not self.two_classes)

    def score(self, truth: np.ndarray, answers: np.ndarray) -> float:
        """Return the value with the sign that makes a higher one better."""
        value = self.function(truth, answers)
        return value if self.higher_is_better else -value


def _roc_auc(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area, of more than two classes the mean of one against the rest."""
    return float(np.mean([auc(*each) for each in _one_against_rest(codes, probabilities)]))


def _roc_auc_influence(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    areas = [auc_influence(*each) for each in _one_against_rest(codes, probabilities)]
    return np.asarray(np.mean(areas, axis=0))


def _one_against_rest(
    codes: np.ndarray, probabilities: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows of a class and its probabilities, for each class whose area is defined."""
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    pairs = [(codes == code, probabilities[:, code]) for code in classes]
    return [pair for pair in pairs if 0 < np.count_nonzero(pair[0]) < len(codes)]


def _log_losses(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    certain = np.clip(probabilities, _CLOSEST_TO_CERTAIN, 1 - _CLOSEST_TO_CERTAIN)
    own = certain[np.arange(len(codes)), codes]
    return np.asarray(-np.log(own / certain.sum(axis=1)))


def _brier_losses(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return squared distances to the truth, halved for two classes as scikit-learn does."""
    truth = np.eye(probabilities.shape[1])[codes]
    squares = np.sum((probabilities - truth) ** 2, axis=1)
    return np.asarray(squares / 2 if probabilities.shape[1] == 2 else squares)


def _hits(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(probabilities.argmax(axis=1) == codes, dtype=np.float64)


def _average_precision(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean precision over the rows of the second class; NaN without any."""
    positive, scores = codes == 1, probabilities[:, 1]
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(positive[order])
    if not found[-1]:
        return float("nan")
    # Equal scores are one step: only their last row is a threshold.
    last = np.append(np.diff(scores[order]) != 0, True)
    precision = found[last] / (np.flatnonzero(last) + 1)
    return float(np.sum(precision * np.diff(found[last], prepend=0)) / found[-1])


def _confusion(codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return counts of rows by true and by most probable class, shape (n_classes, n_classes)."""
    count = probabilities.shape[1]
    pairs = codes * count + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def _balanced_accuracy(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean share of hits over the classes that have rows."""
    counts = _confusion(codes, probabilities)
    rows = counts.sum(axis=1)
    return float(np.mean(np.diag(counts)[rows > 0] / rows[rows > 0]))


def _f1(codes: np.ndarray, probabilities: np.ndarray) -> float:
    """Return F1 of the second of two classes, else its mean over classes that occur."""
    counts = _confusion(codes, probabilities)
    mentions = counts.sum(axis=0) + counts.sum(axis=1)
    values = 2 * np.diag(counts) / np.maximum(mentions, 1)
    return float(values[1] if len(values) == 2 else np.mean(values[mentions > 0]))


def _distances(truth: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(truth - numbers))


def _squares(truth: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.asarray((truth - numbers) ** 2)


def _root_mean_square(truth: np.ndarray, numbers: np.ndarray) -> float:
    return float(np.sqrt(np.mean(_squares(truth, numbers))))


def _root_mean_square_influence(truth: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """By the delta method: the derivative of a root is one half of its inverse."""
    root = _root_mean_square(truth, numbers)
    return _mean_influence(_squares)(truth, numbers) / (2 * root if root else 1.0)


def _r2(truth: np.ndarray, numbers: np.ndarray) -> float:
    """Return the explained share of the variance; of a constant truth, 1 if all of it is met."""
    left, whole = _squares(truth, numbers).sum(), _squares(truth, np.mean(truth)).sum()
    return float(1 - left / whole) if whole else float(left == 0)


def _median_distance(truth: np.ndarray, numbers: np.ndarray) -> float:
    return float(np.median(_distances(truth, numbers)))


_Losses = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _mean(losses: _Losses) -> Callable[[np.ndarray, np.ndarray], float]:
    return lambda truth, answers: float(np.mean(losses(truth, answers)))


def _mean_influence(losses: _Losses) -> _Losses:
    def influence(truth: np.ndarray, answers: np.ndarray) -> np.ndarray:
        values = losses(truth, answers)
        return np.asarray((values - np.mean(values)) / len(values))

    return influence


def _of_rows(name: MetricName, task: Task, losses: _Losses, *, higher: bool = False) -> Measure:
    return Measure(name, task, higher, _mean(losses), _mean_influence(losses))


_CLASSES, _NUMBER = Task.CLASSIFICATION, Task.REGRESSION
_TABLE = (
    Measure(MetricName.ROC_AUC, _CLASSES, True, _roc_auc, _roc_auc_influence),
    _of_rows(MetricName.LOG_LOSS, _CLASSES, _log_losses),
    _of_rows(MetricName.BRIER, _CLASSES, _brier_losses),
    Measure(MetricName.AVERAGE_PRECISION, _CLASSES, True, _average_precision, two_classes=True),
    _of_rows(MetricName.ACCURACY, _CLASSES, _hits, higher=True),
    Measure(MetricName.BALANCED_ACCURACY, _CLASSES, True, _balanced_accuracy),
    Measure(MetricName.F1, _CLASSES, True, _f1),
    _of_rows(MetricName.MEAN_ABSOLUTE_ERROR, _NUMBER, _distances),
    Measure(
        MetricName.ROOT_MEAN_SQUARED_ERROR,
        _NUMBER,
        False,
        _root_mean_square,
        _root_mean_square_influence,
    ),
    Measure(MetricName.R2, _NUMBER, True, _r2),
    Measure(MetricName.MEDIAN_ABSOLUTE_ERROR, _NUMBER, False, _median_distance),
)
MEASURES: Mapping[MetricName, Measure] = {measure.name: measure for measure in _TABLE}
