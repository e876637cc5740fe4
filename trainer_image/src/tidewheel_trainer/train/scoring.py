"""Ask a fit about rows that it has not learned."""

import numpy as np
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.finite_value import finite_value
from tidewheel_trainer.train.pipelines import answers, fitted
from tidewheel_trainer.train.rows import Rows

__all__ = ["fit_and_answer", "score"]


def score(model: Pipeline, recipe: Recipe, rows: Rows, marked: np.ndarray) -> float:
    """Return the run's metric of a fit on the marked rows, boolean, shape (n_rows,).

    The higher, the better: an error is returned below 0.

    Raises:
        TrainerError: MetricUnavailable, when the metric is no number of these rows and answers.
    """
    found = answers(model, recipe, rows.frame[marked], rows.target.class_values)
    value = finite_value(rows.measure, rows.target.truth(marked), found, recipe.candidate)
    return value if rows.measure.higher_is_better else -value


def fit_and_answer(
    recipe: Recipe, rows: Rows, learned: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Return what the recipe, fitted on some rows, says of others.

    Args:
        recipe: what is fitted.
        rows: all labelled rows.
        learned: rows to fit on, boolean, shape (n_rows,).
        asked: rows to answer, boolean, shape (n_rows,).
    """
    model = fitted(
        recipe, rows.frame[learned], rows.target.labels[learned], rows.groups_of(learned)
    )
    return answers(model, recipe, rows.frame[asked], rows.target.class_values)
