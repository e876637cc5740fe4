"""Judge whether probabilities mean what they say; pure numpy.

The expected calibration error is that of Naeini, Cooper & Hauskrecht, "Obtaining well calibrated
probabilities using Bayesian binning", AAAI 2015: ten bins of equal width, the distance between mean
probability and share of hits in each, weighed by its rows. Of two classes the probability is the
second one's, of more that of the most probable class (Guo et al., "On calibration of modern neural
networks", ICML 2017).
"""

from dataclasses import dataclass

import numpy as np

from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.numbers_shown import plain

__all__ = ["Calibration", "Ranking", "calibration", "calibration_decision", "recalibrate_note"]

_BINS = 10
# A base rate that moved by more is worth a note (reference/judgement.md, section 10, case 6).
_NOTED_GAP = 0.05


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far probabilities are from what happened.

    `gap` is the mean probability of the class `label` less its share of the rows: of two classes
    the second one, of more the one with the largest gap.
    """

    error: float
    gap: float
    label: str
    mean: float
    share: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The area under the ROC curve, and the least that it must be to hold."""

    area: float
    least: float

    @property
    def holds(self) -> bool:
        """Say whether the ranking is as good as it was; an area that is undefined is not."""
        return self.area >= self.least


def calibration(classes: tuple[str, ...], truth: np.ndarray, answers: np.ndarray) -> Calibration:
    """Measure probabilities.

    Args:
        classes: texts of the classes.
        truth: codes of classes, shape (n_rows,), at least one row.
        answers: probabilities, shape (n_rows, n_classes).
    """
    means = answers.mean(axis=0)
    shares = np.bincount(truth, minlength=len(classes)) / len(truth)
    place = 1 if len(classes) == 2 else int(np.argmax(np.abs(means - shares)))
    return Calibration(
        error=_expected_error(truth, answers),
        gap=float(means[place] - shares[place]),
        label=classes[place],
        mean=float(means[place]),
        share=float(shares[place]),
    )


def calibration_decision(found: Calibration, maximum: float | None) -> Decision:
    """Return whether the gap is within what the gate allows; None allows any."""
    words = (
        f"mean prediction of {found.label!r} {found.mean:.4f}, share of the rows "
        f"{found.share:.4f}, expected calibration error {found.error:.4f}"
    )
    too_far = maximum is not None and not abs(found.gap) <= maximum
    answer = Answer.NO if too_far else Answer.YES
    asked = "" if maximum is None else f"a gap of at most {plain(maximum)}"
    return Decision(
        name="calibration",
        question="Is the mean prediction near the share of the class?",
        answer=Answer.NOT_ASKED if maximum is None else answer,
        found=f"{words}; {asked} is asked" if asked else words,
        numbers=(("calibration_gap", found.gap), ("expected_calibration_error", found.error)),
        reason="CalibrationGap" if too_far else "",
        missed=(
            f"{asked} between mean prediction and share of {found.label!r} "
            f"(found {abs(found.gap):.4f})"
            if too_far
            else ""
        ),
    )


def recalibrate_note(found: Calibration, ranking: Ranking) -> str:
    """Return the advice for a class whose share moved while the ranking holds; else nothing."""
    if abs(found.gap) <= _NOTED_GAP or not ranking.holds:
        return ""
    return (
        f"Recalibrate: the mean prediction of {found.label!r} is {found.mean:.3f} and its share "
        f"{found.share:.3f}, while roc_auc holds at {ranking.area:.3f}"
    )


def _expected_error(truth: np.ndarray, answers: np.ndarray) -> float:
    if answers.shape[1] == 2:
        probability, hit = answers[:, 1], truth == 1
    else:
        probability, hit = answers.max(axis=1), answers.argmax(axis=1) == truth
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    distances = np.bincount(bins, weights=probability - hit, minlength=_BINS)
    return float(np.abs(distances).sum() / len(truth))
