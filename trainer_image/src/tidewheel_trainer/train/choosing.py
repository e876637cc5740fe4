"""Choose among the candidates by their score on the validation rows."""

from collections.abc import Sequence

import numpy as np

from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.progress import NO_DETAILS, Details
from tidewheel_trainer.train.dividing import validation_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.loss_curve import loss_curve
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.numbers_shown import decimal_text
from tidewheel_trainer.train.outcome import Choice, Validation
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.scoring import score
from tidewheel_trainer.train.split import Split

__all__ = ["best_candidate"]


def best_candidate(run: Run, material: Material, split: Split) -> Choice | Shortage:
    """Return the recipe with the best score on the validation rows; of equals, the first.

    A single candidate needs no validation rows.

    Raises:
        TrainerError: MetricUnavailable, when no candidate has a score.
    """
    recipes = material.recipes
    if len(recipes) == 1:
        return Choice(recipes[0], (Validation(recipes[0].candidate, None, is_chosen=True),))
    validation = validation_rows(run, material, split)
    if isinstance(validation, Shortage):
        return validation
    found = _scores(run, material, ~split.test & ~validation, validation)
    scores = {place: each for place, each in enumerate(found) if isinstance(each, float)}
    if not scores:
        raise next(each for each in found if isinstance(each, TrainerError))
    best = max(scores, key=scores.__getitem__)
    return Choice(
        recipes[best],
        tuple(
            Validation(
                recipe.candidate,
                scores.get(place),
                is_chosen=place == best,
                note=each.message if isinstance(each, TrainerError) else "",
            )
            for place, (recipe, each) in enumerate(zip(recipes, found, strict=True))
        ),
    )


def _scores(
    run: Run, material: Material, learned: np.ndarray, validation: np.ndarray
) -> list[float | TrainerError]:
    """Return the score of each recipe, fitted on one part of the rows, on the other.

    One that has no score is left out of the choice, with the reason in its place.

    Args:
        run: told which candidate is fitted.
        material: the recipes and rows.
        learned: rows to fit on, boolean, shape (n_rows,).
        validation: rows to score by, boolean, shape (n_rows,).
    """
    recipes, rows = material.recipes, material.rows
    scores: list[float | TrainerError] = []
    for position, recipe in enumerate(recipes):
        percent = 20 + 30 * position // len(recipes)
        words = f"fit {recipe.candidate} on {np.count_nonzero(learned):,} rows"
        run.progress("Choosing", percent, words, _best(recipes, scores))
        model = fitted(
            recipe, rows.frame[learned], rows.target.labels[learned], rows.groups_of(learned)
        )
        run.progress("Choosing", percent, words, Details(curve=loss_curve(model)))
        try:
            scores.append(score(model, recipe, rows, validation))
        except TrainerError as error:
            if error.reason is not FailureReason.METRIC_UNAVAILABLE:
                raise
            scores.append(error)
    return scores


def _best(recipes: tuple[Recipe, ...], scores: Sequence[float | TrainerError]) -> Details:
    """Return which candidate is the best of those that were scored so far."""
    known = {place: each for place, each in enumerate(scores) if isinstance(each, float)}
    if not known:
        return NO_DETAILS
    best = max(known, key=known.__getitem__)
    return Details(best_candidate=recipes[best].candidate, best_score=decimal_text(known[best]))
