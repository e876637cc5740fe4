"""Fit the winner on everything before the test window and measure it there once.

Only a tie is measured a second time, on the last third of the window, and a changed recipe in the
window before.
"""

from dataclasses import replace

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import Limits
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.progress import Details
from tidewheel_trainer.train.champion import champion_model, may_be_loaded, same_recipe
from tidewheel_trainer.train.comparing import Comparison, compared
from tidewheel_trainer.train.gate.limits import Cost, limit_decisions
from tidewheel_trainer.train.gate.order import judge_limits
from tidewheel_trainer.train.gate.recipe import judge_change
from tidewheel_trainer.train.gate.tie import judge_tie
from tidewheel_trainer.train.guard import TWO_MODELS, Shortage
from tidewheel_trainer.train.loss_curve import loss_curve
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.meeting import Asked, Meeting, met, trial_of
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.pipelines import answers, fitted
from tidewheel_trainer.train.proving import parts_to_prove, recipe_change
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.scoring import fit_and_answer
from tidewheel_trainer.train.split import Split, last_third

__all__ = ["champion_answers", "opponent", "tested", "with_limits"]


def tested(
    run: Run,
    material: Material,
    split: Split,
    recipe: Recipe,
    validations: tuple[Validation, ...],
) -> Trial:
    """Return how the recipe did on the test rows and what the gate says of it.

    Raises:
        TrainerError: MetricUnavailable, when what is judged cannot be computed on the test rows.
    """
    rows, test = material.rows, split.test
    learned_rows = len(rows) - int(np.count_nonzero(test))
    run.progress("Testing", 50, f"fit {recipe.candidate} on {learned_rows:,} rows")
    model = fitted(recipe, rows.frame[~test], rows.target.labels[~test], rows.groups_of(~test))
    run.progress("Testing", 55, "measure it on the test rows", Details(curve=loss_curve(model)))
    found = answers(model, recipe, rows.frame[test], rows.target.class_values)
    with_what = opponent(run, material, split)
    rival = _champion_answers(run, material, recipe, found, with_what, test)
    meeting = met(material, split, recipe, found, rival, with_what)
    asked = _asked(run, material, split, recipe, meeting)
    return trial_of(run, material, split, recipe, validations, model, meeting, asked)


def _asked(run: Run, material: Material, split: Split, recipe: Recipe, meeting: Meeting) -> Asked:
    """Ask a changed recipe for its proof, and a tie once more."""
    judgement, comparison = meeting.judgement, meeting.comparison
    parts = parts_to_prove(material, recipe)
    if parts and comparison is not None and judgement.verdict is not Verdict.REFUSED:
        change = recipe_change(run, material, split, recipe, parts, comparison)
        return Asked(judge_change(judgement, change), parts, change)
    if judgement.verdict is Verdict.UNTESTED:
        rival = meeting.rival if meeting.with_what is ComparedWith.MODEL else None
        veto = _last_third_compared(run, material.rows, split, recipe, rival)
        return Asked(judge_tie(judgement, veto), parts, veto=veto)
    return Asked(judgement, parts)


def with_limits(trial: Trial, limits: Limits, cost: Cost) -> Trial:
    """Return the trial with the last tests of the gate: what the published fit costs."""
    known = limit_decisions(limits, cost)
    by_name = {decision.name: decision for decision in known}
    return replace(
        trial,
        judgement=judge_limits(trial.judgement, known),
        decisions=tuple(by_name.get(each.name, each) for each in trial.decisions),
    )


def opponent(run: Run, material: Material, split: Split) -> ComparedWith:
    """Return what the candidate meets: the champion itself only on rows that it never learned.

    A champion that may not be loaded, being unsigned where models must be signed, is one whose
    recipe is met.
    """
    champion, target = material.champion, material.rows.target
    reference, signing = run.request.champion, run.request.store.spec.signing
    if champion is None or reference is None:
        return ComparedWith.NOTHING
    knows_all = (champion.classes, champion.classes_datatype) == (target.classes, target.datatype)
    if not (split.unseen and knows_all):
        return ComparedWith.RECIPE
    is_loaded = may_be_loaded(run.store, reference, champion, signing)
    return ComparedWith.MODEL if is_loaded else ComparedWith.RECIPE


def _champion_answers(
    run: Run,
    material: Material,
    recipe: Recipe,
    found: np.ndarray,
    with_what: ComparedWith,
    test: np.ndarray,
) -> np.ndarray | None:
    """Return the answers of the champion or its recipe, which may be the candidate's own."""
    champion = material.champion
    is_same = champion is not None and same_recipe(recipe, champion.recipe)
    if with_what is ComparedWith.RECIPE and is_same:
        # The same recipe on the same rows is the same model: fitting it again tells nothing.
        return found
    return champion_answers(run, material, with_what, test)


def champion_answers(
    run: Run, material: Material, with_what: ComparedWith, test: np.ndarray
) -> np.ndarray | None:
    """Return the answers of the champion or its recipe to the test rows; None without one."""
    manifest, reference = material.champion, run.request.champion
    if manifest is None or reference is None:
        return None
    run.progress("Testing", 60, f"score the champion {reference.name} on the same rows")
    rows = material.rows
    if with_what is ComparedWith.MODEL:
        model = champion_model(run.store, reference, manifest)
        return answers(model, manifest.recipe, rows.frame[test], rows.target.class_values)
    return fit_and_answer(manifest.recipe, rows, ~test, test)


def _last_third_compared(
    run: Run, rows: Rows, window: Split, recipe: Recipe, champion: np.ndarray | None
) -> Comparison | Shortage | None:
    """Compare the recipe, with two thirds of the window learned, with the champion on the rest.

    Args:
        run: told what is fitted.
        rows: all labelled rows.
        window: the test window.
        recipe: what is fitted.
        champion: its answers as it serves to the test rows; None when it was not asked.
    """
    if champion is None:
        return None
    target = rows.target
    split = last_third(window, target, TWO_MODELS[target.task])
    if isinstance(split, Shortage):
        return split
    learned_rows = len(rows) - int(np.count_nonzero(split.test))
    run.progress("Testing", 65, f"fit {recipe.candidate} on {learned_rows:,} rows for a veto")
    return compared(
        rows.measure,
        target.truth(split.test),
        fit_and_answer(recipe, rows, ~split.test, split.test),
        champion[split.test[window.test]],
        split.clusters[split.test],
    )
