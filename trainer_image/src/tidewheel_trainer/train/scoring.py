"""Score a fit on rows that it has not learned, by the run's metric: the higher, the better."""

import numpy as np
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.pipelines import answers
from tidewheel_trainer.train.rows import Rows

__all__ = ["score"]


def score(model: Pipeline, recipe: Recipe, rows: Rows, marked: np.ndarray) -> float:
    """Return the run's metric of a fit on the marked rows, boolean, shape (n_rows,).

    An error is returned below 0.
    """
    found = answers(model, recipe, rows.frame[marked], rows.target.class_values)
    return rows.measure.score(rows.target.truth(marked), found)
