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
    """Return the recipe with the best score on the validation rows; of equals, the first.

    Args:
        recipes: at least two.
        rows: all labelled rows.
        learnable: the rows before the test window, boolean, shape (n_rows,).
        validation: the part of them that chooses, boolean, shape (n_rows,).
        progress: told which candidate is fitted.
    """
    learned = learnable & ~validation
    scores = []
    for position, recipe in enumerate(recipes):
        percent = 20 + 30 * position // len(recipes)
        progress(
            "Choosing", percent, f"fit {recipe.candidate} on {np.count_nonzero(learned):,} rows"
        )
        model = fitted(recipe, rows.frame[learned], rows.target.labels[learned])
        scores.append(score(model, recipe, rows, validation))
    validations = tuple(
        Validation(recipe.candidate, found) for recipe, found in zip(recipes, scores, strict=True)
    )
    return recipes[int(np.argmax(scores))], validations
