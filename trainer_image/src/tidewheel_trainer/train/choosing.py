"""Choose among the candidates by their score on the validation rows."""

import numpy as np

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.train.outcome import Validation
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.scoring import score

__all__ = ["best_recipe"]


def best_recipe(
    recipes: tuple[Recipe, ...],
    rows: Rows,
    learnable: np.ndarray,
    validation: np.ndarray,
    progress: Progress,
) -> tuple[Recipe, tuple[Validation, ...]]:
    """Return the recipe with the highest AUC on the validation rows; of equals, the first.

    Args:
        recipes: at least two.
        rows: all labelled rows.
        learnable: the rows before the test window, boolean, shape (n_rows,).
        validation: the part of them that chooses, boolean, shape (n_rows,).
        progress: told which candidate is fitted.
    """
    learned = learnable & ~validation
    validations = []
    for position, recipe in enumerate(recipes):
        percent = 20 + 30 * position // len(recipes)
        progress(
            "Choosing", percent, f"fit {recipe.candidate} on {np.count_nonzero(learned):,} rows"
        )
        model = fitted(recipe, rows.frame[learned], rows.target.labels[learned])
        validations.append(Validation(recipe.candidate, score(model, recipe, rows, validation)))
    best = max(range(len(recipes)), key=lambda place: validations[place].roc_auc or 0.0)
    return recipes[best], tuple(validations)
