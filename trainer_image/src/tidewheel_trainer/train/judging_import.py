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
from tidewheel_trainer.train.gate.recipe import RecipeChange, is_better, judge_change
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Shortage
from tidewheel_trainer.train.imported_file import LOADING_ERRORS, Foreign, refused
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.meeting import Asked, Meeting, met, trial_of
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.pipelines import answers
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split, halves, split_after
from tidewheel_trainer.train.testing import champion_answers, opponent

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
    with_what = opponent(run, material, split)
    rival = champion_answers(run, material, with_what, test)
    meeting = met(material, split, recipe, found, rival, with_what)
    validation = Validation(recipe.candidate, None, is_chosen=True, note="imported")
    asked = _asked(material, split, meeting)
    return trial_of(run, material, split, recipe, (validation,), foreign.model, meeting, asked)


def _asked(material: Material, split: Split, meeting: Meeting) -> Asked:
    """Ask for the proof of a changed recipe, where there is somebody to be better than."""
    judgement, comparison = meeting.judgement, meeting.comparison
    is_changed = material.gate.changed_recipe is not ChangedRecipe.NOT_WORSE
    if not is_changed or comparison is None or meeting.rival is None:
        return Asked(judgement)
    if judgement.verdict is Verdict.REFUSED:
        return Asked(judgement, _PARTS)
    change = _proof(
        material.rows, split, meeting.answers, meeting.rival, comparison, meeting.with_what
    )
    return Asked(judge_change(judgement, change), _PARTS, change)


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
