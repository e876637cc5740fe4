"""Fit a changed recipe and the champion's for a second window, and compare them there."""

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import ChangedRecipe
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.comparing import Comparison, compared
from tidewheel_trainer.train.dividing import rows_before_test
from tidewheel_trainer.train.gate.recipe import RecipeChange, is_better
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.recipe_change import changed_parts
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.scoring import fit_and_answer
from tidewheel_trainer.train.split import Split

__all__ = ["parts_to_prove", "recipe_change"]


def parts_to_prove(material: Material, recipe: Recipe) -> tuple[str, ...]:
    """Return what of a recipe must be proven to be better than the champion's, in words."""
    if material.gate.changed_recipe is ChangedRecipe.NOT_WORSE:
        return ()
    return changed_parts(recipe, material.champion)


def recipe_change(
    run: Run,
    material: Material,
    split: Split,
    recipe: Recipe,
    parts: tuple[str, ...],
    newest: Comparison,
) -> RecipeChange:
    """Return how a changed recipe did, in the window before the test window too.

    The champion learned that window, so its recipe is fitted anew, on the rows that the candidate
    learns. Two fits are saved where the newest window refuses.

    Args:
        run: told what is fitted.
        material: all labelled rows, and the champion.
        split: the test window.
        recipe: that of the candidate.
        parts: what of it is another than in the champion's.
        newest: how both did in the test window.
    """
    before = _window_before(run, material, split, recipe) if is_better(newest) else None
    return RecipeChange(parts, newest, before)


def _window_before(
    run: Run, material: Material, split: Split, recipe: Recipe
) -> Comparison | Shortage | None:
    rows, champion = material.rows, material.champion
    if champion is None:
        return None
    window = rows_before_test(run, material, split)
    if isinstance(window, Shortage):
        return window
    learned = ~split.test & ~window.test
    run.progress(
        "Testing",
        64,
        f"fit {recipe.candidate} and the champion's recipe on {np.count_nonzero(learned):,} rows "
        "for a second window",
    )
    own, rival = (
        fit_and_answer(each, rows, learned, window.test) for each in (recipe, champion.recipe)
    )
    truth = rows.target.truth(window.test)
    return compared(rows.measure, truth, own, rival, window.clusters[window.test])
