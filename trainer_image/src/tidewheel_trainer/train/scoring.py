"""Score a fit on rows that it has not learned, by the run's metric: the higher, the better."""

import numpy as np
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.auc import auc
from tidewheel_trainer.train.pipelines import positive_probability
from tidewheel_trainer.train.rows import Rows

__all__ = ["score"]


def score(model: Pipeline, recipe: Recipe, rows: Rows, marked: np.ndarray) -> float:
    """Return the AUC of a fit on the marked rows, boolean, shape (n_rows,)."""
    positive = rows.target.is_positive[marked]
    return auc(positive, positive_probability(model, recipe, rows.frame[marked]))
