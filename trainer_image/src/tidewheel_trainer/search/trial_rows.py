"""Which rows the trials of a search learn and are scored by; the same in every pod."""

from dataclasses import dataclass

import numpy as np

from tidewheel_trainer.search.folds import Fold, folds_by_hash, folds_by_time, newest_part
from tidewheel_trainer.search.halving import ETA
from tidewheel_trainer.train.dividing import validation_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split
from tidewheel_trainer.train.split_keys import key_hashes

__all__ = ["TrialRows", "trial_rows"]

# Fewer tell two trials apart by chance only.
_FEWEST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class TrialRows:
    """Folds to score by, and the order of rows by which a part of them is the newest."""

    folds: tuple[Fold, ...]
    order: np.ndarray

    def learned(self, fold: Fold, divisor: int) -> np.ndarray:
        """Return the newest 1/`divisor` of a fold's rows to learn, boolean, shape (n_rows,)."""
        return newest_part(self.order, fold.learned, divisor)

    def largest_divisor(self, labels: np.ndarray) -> int:
        """Return by which power of 3 each fold's rows can be divided and still be learned.

        Args:
            labels: values of the target, shape (n_rows,).
        """
        divisor = 1
        while all(_is_learnable(self.learned(fold, divisor * ETA), labels) for fold in self.folds):
            divisor *= ETA
        return divisor


def trial_rows(run: Run, material: Material, split: Split) -> TrialRows | Shortage:
    """Return the folds that the search asks for, or the one of the validation rows."""
    rows, search = material.rows, run.request.training.search
    order = material.hashes() if rows.times is None else rows.times
    if search is None or search.folds is None:
        folds = _one_fold(run, material, split)
    elif rows.times is None or _is_split_by_hash(run):
        hashes = _key_hashes(run, material)
        folds = folds_by_hash(hashes, rows.target.labels, ~split.test, search.folds)
    else:
        folds = folds_by_time(rows.times, rows.target.labels, ~split.test, search.folds)
    return folds if isinstance(folds, Shortage) else TrialRows(folds, order)


def _one_fold(run: Run, material: Material, split: Split) -> tuple[Fold, ...] | Shortage:
    validation = validation_rows(run, material, split)
    if isinstance(validation, Shortage):
        return validation
    return (Fold(learned=~split.test & ~validation, judged=validation),)


def _is_split_by_hash(run: Run) -> bool:
    return run.request.split is not None and run.request.split.hash is not None


def _key_hashes(run: Run, material: Material) -> np.ndarray:
    """Return the hash of each row's declared key, else of its features: equal rows stay together.

    The columns that a split by hash reads are its key.
    """
    values = material.rows.split_values
    if values is None or not _is_split_by_hash(run):
        return material.hashes()
    return key_hashes(values)


def _is_learnable(learned: np.ndarray, labels: np.ndarray) -> bool:
    is_enough = np.count_nonzero(learned) >= _FEWEST_ROWS
    return bool(is_enough and len(np.unique(labels[learned])) > 1)
