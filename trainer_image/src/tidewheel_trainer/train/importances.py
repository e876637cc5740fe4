"""Measure what each column is worth to a fit, by the run's metric on the test rows."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.run_report.importance import Importance, measured_importance
from tidewheel_trainer.train.pipelines import answers
from tidewheel_trainer.train.rows import Rows

__all__ = ["column_importance"]


def column_importance(model: Pipeline, recipe: Recipe, rows: Rows, test: np.ndarray) -> Importance:
    """Return the importance of every column that the recipe reads.

    Args:
        model: the recipe fitted on the other rows.
        recipe: of the model.
        rows: all labelled rows.
        test: the rows to measure on, boolean, shape (n_rows,).
    """
    frame = rows.frame.loc[test, list(recipe.features)]
    measure, target = rows.measure, rows.target
    truth, class_values = target.truth(test), target.class_values

    def answer(some: pd.DataFrame) -> np.ndarray:
        return answers(model, recipe, some, class_values)

    groups = truth if target.classes else None
    return measured_importance(model, frame, truth, groups, answer, measure.score, recipe.seed)
