"""Test a model that was made elsewhere on rows that neither it nor the champion has learned.

It is judged as it is. Where the champion's own answers are known, models are compared. A model that
others fitted is a change of recipe; nothing of it can be fitted again for a second window, so the
halves of the test window are the two in which it must be better, unless the gate asks for less.
"""

from datetime import UTC, datetime

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import ChangedRecipe
from tidewheel_contracts.api.v1alpha1.imported_model import ImportedModel
from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer import times
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.comparing import Comparison, compared
from tidewheel_trainer.train.dividing import learned_through
from tidewheel_trainer.train.finite_value import finite_value
from tidewheel_trainer.train.gate.limits import limit_decisions
from tidewheel_trainer.train.gate.order import Measured, decided, judge, noted
from tidewheel_trainer.train.gate.recipe import RecipeChange, is_better, judge_change
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Shortage
from tidewheel_trainer.train.importances import column_importance
from tidewheel_trainer.train.imported_file import LOADING_ERRORS, Foreign, refused
from tidewheel_trainer.train.leaks import leak_decisions, leak_note, leaks
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.outright import calibration_note, outright_decisions
from tidewheel_trainer.train.pipelines import answers
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split, halves, split_after
from tidewheel_trainer.train.testing import champion_answers, opponent, span

__all__ = ["later_rows", "learned_rows", "tested_as_it_is", "trained_through"]

_PARTS = ("a model that was made elsewhere",)


def trained_through(imported: ImportedModel) -> str:
    """Return the highest time that an import learned, in UTC."""
    moment = datetime.fromisoformat(imported.trained_through).astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def later_rows(run: Run, material: Material, imported: ImportedModel) -> Split | Shortage:
    """Return the rows that are later than all that the import and the champion learned.

    Raises:
        TrainerError: ParameterInvalid, without a time column, or with a split that is not by time.
    """
    rows, declared = material.rows, run.request.split
    if rows.times is None or (declared is not None and declared.time is None):
        raise TrainerError(
            FailureReason.PARAMETER_INVALID,
            "an imported model is tested on rows that are later than `imported.trainedThrough`; "
            f"the Dataset {run.request.dataset_name!r} needs `time`, and no `split` by hash or "
            "column",
        )
    champion = learned_through(material)
    own = times.microseconds(trained_through(imported))
    through = own if champion is None else max(own, champion)
    guards = ONE_MODEL if material.champion is None else TWO_MODELS
    guard, unseen = guards[rows.target.task], champion is not None
    found = split_after(rows.times, rows.target, through, guard, unseen=unseen)
    if isinstance(found, Shortage):
        return Shortage(f"of rows later than {times.iso_text(through)}, {found.sentence}")
    return found


def learned_rows(rows: Rows, imported: ImportedModel) -> np.ndarray:
    """Return which rows the import may have learned, boolean, shape (n_rows,)."""
    if rows.times is None:
        raise ValueError("the rows have no times")
    return np.asarray(rows.times <= times.microseconds(trained_through(imported)))


def tested_as_it_is(
    run: Run, material: Material, split: Split, recipe: Recipe, foreign: Foreign
) -> Trial:
    """Return how the import did on the test rows, and what the gate says of it.

    Raises:
        TrainerError: ImportRefused, when it does not answer them; MetricUnavailable, when what is
            judged cannot be computed.
    """
    rows, test = material.rows, split.test
    run.progress("Testing", 50, f"ask {foreign.key} {np.count_nonzero(test):,} test rows")
    found = _answers(foreign, recipe, rows, test)
    truth, measure = rows.target.truth(test), rows.measure
    value = finite_value(measure, truth, found, recipe.candidate)
    with_what = opponent(run, material, split)
    rival = champion_answers(run, material, with_what, test)
    leaking = leaks(rows, material.inputs, ~test)
    comparison = None
    if rival is not None:
        finite_value(measure, truth, rival, "the champion")
        comparison = compared(measure, truth, found, rival, split.clusters[test])
    outright = (
        *outright_decisions(material, test, truth, found),
        *leak_decisions(leaking, rows.target.task),
    )
    measured = Measured(measure=measure, value=value, rows=len(truth), outright=outright)
    judgement = judge(measured, comparison, with_what=with_what)
    parts = () if material.gate.changed_recipe is ChangedRecipe.NOT_WORSE else _PARTS
    change = None
    if parts and comparison is not None and rival is not None:
        if judgement.verdict is not Verdict.REFUSED:
            change = _proof(rows, split, found, rival, comparison, with_what)
            judgement = judge_change(judgement, change)
    else:
        parts = ()
    note = calibration_note(rows.target.classes, truth, found, rival)
    run.progress("Testing", 68, "measure what each column is worth")
    first, last = span(rows.times, test)
    return Trial(
        recipe=recipe,
        validations=(Validation(recipe.candidate, None, is_chosen=True, note="imported"),),
        compared_with=with_what,
        compared=comparison,
        judgement=noted(noted(judgement, note), leak_note(leaking, rows.target.task)),
        decisions=decided(
            measured,
            comparison,
            judgement,
            limit_decisions(material.gate.limits, None),
            changed=parts,
            change=change,
        ),
        measure=measure,
        bounds=material.bounds,
        classes=rows.target.classes,
        places=np.flatnonzero(test),
        truth=truth,
        answers=found,
        champion_answers=rival,
        clusters=split.clusters[test],
        test_from=first,
        test_through=last,
        left_out_rows=rows.left_out_by_split,
        importance=column_importance(foreign.model, recipe, rows, test),
    )


def _answers(foreign: Foreign, recipe: Recipe, rows: Rows, test: np.ndarray) -> np.ndarray:
    try:
        return answers(foreign.model, recipe, rows.frame[test], rows.target.class_values)
    except LOADING_ERRORS as error:
        raise refused(
            foreign.key,
            "does not answer rows as they are served: numbers as float64 with NaN for a missing "
            f"one, text as str with None, columns in the order {', '.join(recipe.features[:20])}; "
            f"it says: {error}",
        ) from error


def _proof(
    rows: Rows,
    window: Split,
    found: np.ndarray,
    rival: np.ndarray,
    whole: Comparison,
    with_what: ComparedWith,
) -> RecipeChange:
    """Return how both did in the halves of the window, or in all of it where halves are too few."""
    who = "the champion" if with_what is ComparedWith.MODEL else "the champion's recipe"
    parts = halves(window, rows.target, TWO_MODELS[rows.target.task])
    if isinstance(parts, Shortage):
        lacking = Shortage(f"of half of the test window, {parts.sentence}")
        return RecipeChange(_PARTS, whole, lacking, who)
    older, newer = (_compared(rows, window, half, found, rival) for half in parts)
    return RecipeChange(_PARTS, newer, older if is_better(newer) else None, who)


def _compared(
    rows: Rows, window: Split, half: Split, found: np.ndarray, rival: np.ndarray
) -> Comparison:
    inside = half.test[window.test]
    truth, clusters = rows.target.truth(half.test), half.clusters[half.test]
    return compared(rows.measure, truth, found[inside], rival[inside], clusters)
