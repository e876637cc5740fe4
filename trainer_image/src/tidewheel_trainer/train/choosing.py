"""Choose among the candidates by their score on the validation rows."""

import numpy as np

from tidewheel_trainer.train.dividing import validation_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Choice, Validation
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.scoring import score
from tidewheel_trainer.train.split import Split

__all__ = ["best_candidate"]


def best_candidate(run: Run, material: Material, split: Split) -> Choice | Shortage:
    """Return the recipe with the best score on the validation rows; of equals, the first.

    A single candidate needs no validation rows.
    """
    recipes = material.recipes
    if len(recipes) == 1:
        return Choice(recipes[0], (Validation(recipes[0].candidate, None, is_chosen=True),))
    validation = validation_rows(run, material, split)
    if isinstance(validation, Shortage):
        return validation
    scores = _scores(run, material, ~split.test & ~validation, validation)
    best = max(range(len(recipes)), key=scores.__getitem__)
    return Choice(
        recipes[best],
        tuple(
            Validation(recipe.candidate, found, is_chosen=place == best)
            for place, (recipe, found) in enumerate(zip(recipes, scores, strict=True))
        ),
    )


def _scores(
    run: Run, material: Material, learned: np.ndarray, validation: np.ndarray
) -> list[float]:
    """Return the score of each recipe, fitted on one part of the rows, on the other.

    Args:
        run: told which candidate is fitted.
        material: the recipes and rows.
        learned: rows to fit on, boolean, shape (n_rows,).
        validation: rows to score by, boolean, shape (n_rows,).
    """
    recipes, rows = material.recipes, material.rows
    scores = []
    for position, recipe in enumerate(recipes):
        percent = 20 + 30 * position // len(recipes)
        run.progress(
            "Choosing", percent, f"fit {recipe.candidate} on {np.count_nonzero(learned):,} rows"
        )
        model = fitted(recipe, rows.frame[learned], rows.target.labels[learned])
        scores.append(score(model, recipe, rows, validation))
    return scores
