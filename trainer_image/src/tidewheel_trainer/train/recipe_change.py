"""Say what of a recipe is another than the champion's; pure.

What the reference calls a change of recipe is its algorithm, its features, or which rows count
(reference/judgement.md, section 7). Weights say how much rows count, so they belong to it. Other
parameters of the same estimator do not, nor does another seed: a search draws them anew each time.
Nor does calibration, which changes what probabilities say and hardly their order.
"""

from tidewheel_contracts.artifact.model import ModelManifest, Recipe

__all__ = ["changed_parts", "columns_by_reading"]

_READINGS = ("numeric", "categorical", "text", "dates")


def changed_parts(recipe: Recipe, champion: ModelManifest | None) -> tuple[str, ...]:
    """Return what is another than in the champion's recipe, in words; nothing without a champion.

    The order of columns, which is the snapshot's, does not matter.
    """
    if champion is None:
        return ()
    known = champion.recipe
    parts = {
        "another estimator": (recipe.estimator, known.estimator),
        "other members": (_member_estimators(recipe), _member_estimators(known)),
        "other columns": (columns_by_reading(recipe), columns_by_reading(known)),
        "other monotonic columns": (recipe.monotonic, known.monotonic),
        "other weights": (recipe.weights, known.weights),
    }
    return tuple(words for words, (own, other) in parts.items() if own != other)


def _member_estimators(recipe: Recipe) -> tuple[str, ...]:
    """Return the estimators that an ensemble puts together; of any other recipe none."""
    members = () if recipe.ensemble is None else recipe.ensemble.members
    return tuple(member.estimator for member in members)


def columns_by_reading(recipe: Recipe) -> dict[str, frozenset[str]]:
    """Return the columns that a recipe reads, by how it reads them, a field of the recipe each."""
    return {name: frozenset(getattr(recipe, name)) for name in _READINGS}
