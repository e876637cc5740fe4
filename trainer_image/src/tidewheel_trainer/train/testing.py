"""Fit the winner on everything before the test window and measure it there once.

Only a tie is measured a second time, on the last third of the window.
"""

import numpy as np

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer import times
from tidewheel_trainer.train.auc import AucDifference, auc, auc_difference
from tidewheel_trainer.train.champion import champion_model, same_recipe
from tidewheel_trainer.train.gate import judge, judge_tie
from tidewheel_trainer.train.guard import TWO_MODELS, Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.pipelines import fitted, positive_probability
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split, last_third

__all__ = ["tested"]


def tested(
    run: Run,
    material: Material,
    split: Split,
    recipe: Recipe,
    validations: tuple[Validation, ...],
) -> Trial:
    """Return how the recipe did on the test rows and what the gate says of it."""
    rows, test = material.rows, split.test
    learned_rows = len(rows) - int(np.count_nonzero(test))
    run.progress("Testing", 50, f"fit {recipe.candidate} on {learned_rows:,} rows")
    probabilities = _fit_and_score(recipe, rows, test)
    with_what = _opponent(material, split)
    rival = _champion_scores(run, material, recipe, probabilities, with_what, test)
    positive = rows.target.is_positive[test]
    compared = None
    if rival is not None:
        compared = auc_difference(positive, probabilities, rival, split.clusters[test])
    minimum = run.request.training.gate.minimum
    judgement = judge(
        auc(positive, probabilities),
        None if minimum is None else float(minimum),
        compared,
        with_what=with_what,
        test_rows=len(positive),
    )
    if judgement.verdict is Verdict.UNTESTED:
        asked = rival if with_what is ComparedWith.MODEL else None
        judgement = judge_tie(judgement, _last_third_compared(run, rows, split, recipe, asked))
    first, last = _span(rows.times, test)
    return Trial(
        recipe=recipe,
        validations=validations,
        compared_with=with_what,
        compared=compared,
        judgement=judgement,
        positive=positive,
        probabilities=probabilities,
        champion_probabilities=rival,
        test_from=first,
        test_through=last,
        left_out_rows=rows.left_out_by_split,
    )


def _opponent(material: Material, split: Split) -> ComparedWith:
    """Return what the candidate meets: the champion itself only on rows that it never learned."""
    champion = material.champion
    if champion is None:
        return ComparedWith.NOTHING
    if split.unseen and champion.classes == material.rows.target.classes:
        return ComparedWith.MODEL
    return ComparedWith.RECIPE


def _champion_scores(
    run: Run,
    material: Material,
    recipe: Recipe,
    probabilities: np.ndarray,
    with_what: ComparedWith,
    test: np.ndarray,
) -> np.ndarray | None:
    """Return the probabilities of the champion or its recipe on the test rows."""
    manifest, reference = material.champion, run.request.champion
    if manifest is None or reference is None:
        return None
    run.progress("Testing", 60, f"score the champion {reference.name} on the same rows")
    if with_what is ComparedWith.MODEL:
        model = champion_model(run.store, reference, manifest)
        return positive_probability(model, manifest.recipe, material.rows.frame[test])
    if same_recipe(recipe, manifest.recipe):
        # The same recipe on the same rows is the same model: fitting it again tells nothing.
        return probabilities
    return _fit_and_score(manifest.recipe, material.rows, test)


def _last_third_compared(
    run: Run, rows: Rows, window: Split, recipe: Recipe, champion: np.ndarray | None
) -> AucDifference | Shortage | None:
    """Compare the recipe, with two thirds of the window learned, with the champion on the rest.

    Args:
        run: told what is fitted.
        rows: all labelled rows.
        window: the test window.
        recipe: what is fitted.
        champion: its probabilities as it serves, shape (n_test_rows,); None when it was not asked.
    """
    if champion is None:
        return None
    positive = rows.target.is_positive
    split = last_third(window, positive, TWO_MODELS)
    if isinstance(split, Shortage):
        return split
    learned_rows = len(rows) - int(np.count_nonzero(split.test))
    run.progress("Testing", 65, f"fit {recipe.candidate} on {learned_rows:,} rows for a veto")
    return auc_difference(
        positive[split.test],
        _fit_and_score(recipe, rows, split.test),
        champion[split.test[window.test]],
        split.clusters[split.test],
    )


def _fit_and_score(recipe: Recipe, rows: Rows, test: np.ndarray) -> np.ndarray:
    model = fitted(recipe, rows.frame[~test], rows.target.labels[~test])
    return positive_probability(model, recipe, rows.frame[test])


def _span(moments: np.ndarray | None, test: np.ndarray) -> tuple[str | None, str | None]:
    if moments is None:
        return None, None
    return times.iso_text(int(moments[test].min())), times.iso_text(int(moments[test].max()))
