"""Cut the rows of one fit into parts that are answered by a fit that has not learned them.

What puts probabilities right, or learns from other models' answers, must see answers of the kind
that clients will get: to rows that were not learned (Wolpert, "Stacked generalization", Neural
Networks 5, 1992).
"""

from dataclasses import dataclass, replace

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.folds import Fold, folds_by_hash, folds_by_time
from tidewheel_trainer.train.guard import Shortage

__all__ = ["Folds", "Groups", "inner_folds"]


@dataclass(frozen=True, slots=True)
class Groups:
    """By what the rows of a fit are cut, shape (n_rows,): times in microseconds, or hashes.

    Rows of one day, or of one hash, stay together.
    """

    values: np.ndarray
    are_times: bool

    def of(self, marked: np.ndarray) -> "Groups":
        """Return those of the marked rows, boolean, shape (n_rows,)."""
        return replace(self, values=self.values[marked])

    def nested(self) -> "Groups":
        """Return groups for folds within these folds: hashes that are independent of these.

        Blocks of one hash within a block of it would be empty. Times need no other ones.
        """
        return self if self.are_times else replace(self, values=_mixed(self.values))


@dataclass(frozen=True, slots=True)
class Folds:
    """Parts of the rows of a fit; `judged` are the places of all rows that any part judges."""

    parts: tuple[Fold, ...]

    @property
    def judged(self) -> np.ndarray:
        """Return the places of the judged rows, part after part."""
        return np.concatenate([np.flatnonzero(each.judged) for each in self.parts])


def inner_folds(
    groups: Groups | None,
    labels: np.ndarray,
    task: Task,
    count: int,
    *,
    candidate: str,
    asked: str,
) -> Folds:
    """Return the folds of a fit's rows.

    Args:
        groups: of the rows.
        labels: values of the target, shape (n_rows,).
        task: what is predicted; each fold must learn all classes.
        count: of folds, at least 2.
        candidate: whose rows these are, for messages.
        asked: the field that asks for folds, for messages.

    Raises:
        TrainerError: ParameterInvalid, when the rows cannot be cut so often.
        ValueError: there are no groups.
    """
    if groups is None:
        raise ValueError(f"{asked} needs the groups of the rows")
    cut = folds_by_time if groups.are_times else folds_by_hash
    found = cut(groups.values, labels, np.ones(len(labels), dtype=bool), count, asked)
    if isinstance(found, Shortage):
        raise _invalid(candidate, found.sentence)
    if task is Task.CLASSIFICATION:
        _refuse_missing_classes(found, labels, candidate, asked)
    return Folds(found)


def _refuse_missing_classes(
    folds: tuple[Fold, ...], labels: np.ndarray, candidate: str, asked: str
) -> None:
    classes = np.unique(labels)
    for number, fold in enumerate(folds, start=1):
        missing = np.setdiff1d(classes, labels[fold.learned])
        if len(missing):
            raise _invalid(
                candidate,
                f"fold {number} of {len(folds)} learns {np.count_nonzero(fold.learned):,} rows, "
                f"none of them of the class {str(missing[0])!r}; choose fewer {asked}",
            )


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """Return other hashes of hashes, unsigned 64-bit (SplitMix64: Steele et al., OOPSLA 2014)."""
    mixed = hashes + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _invalid(candidate: str, sentence: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, f"candidate {candidate!r}: {sentence}")
