"""A candidate and whom it meets on the test rows: what is compared there, and what is kept of it.

The same for a recipe that was fitted here and for a model that was made elsewhere; what is asked
beyond that, each of them adds.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer import times
from tidewheel_trainer.train.comparing import Comparison, compared
from tidewheel_trainer.train.finite_value import finite_value
from tidewheel_trainer.train.gate.decision import Judgement
from tidewheel_trainer.train.gate.limits import limit_decisions
from tidewheel_trainer.train.gate.order import Measured, decided, judge, noted
from tidewheel_trainer.train.gate.recipe import RecipeChange
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.importances import column_importance
from tidewheel_trainer.train.leaks import Leak, leak_decisions, leak_note, leaks
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Trial, Validation
from tidewheel_trainer.train.outright import calibration_note, outright_decisions
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split

__all__ = ["Asked", "Meeting", "met", "trial_of"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Answers to the test rows, of the candidate and of whom it met, and the first judgement."""

    truth: np.ndarray
    answers: np.ndarray
    rival: np.ndarray | None
    with_what: ComparedWith
    leaking: tuple[Leak, ...]
    measured: Measured
    comparison: Comparison | None
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked beyond that, and the judgement after it."""

    judgement: Judgement
    parts: tuple[str, ...] = ()
    change: RecipeChange | None = None
    veto: Comparison | Shortage | None = None


def met(
    material: Material,
    split: Split,
    recipe: Recipe,
    found: np.ndarray,
    rival: np.ndarray | None,
    with_what: ComparedWith,
) -> Meeting:
    """Return how the candidate's answers compare.

    Args:
        material: the rows and the gate.
        split: the test window.
        recipe: of the candidate.
        found: its answers to the test rows.
        rival: those of whom it meets; None where there is nobody.
        with_what: whom it meets.

    Raises:
        TrainerError: MetricUnavailable, when what is judged cannot be computed.
    """
    rows, test = material.rows, split.test
    truth, measure = rows.target.truth(test), rows.measure
    value = finite_value(measure, truth, found, recipe.candidate)
    comparison = None
    if rival is not None:
        finite_value(measure, truth, rival, "the champion")
        comparison = compared(measure, truth, found, rival, split.clusters[test])
    leaking = leaks(rows, material.inputs, ~test)
    outright = (
        *outright_decisions(material, test, truth, found),
        *leak_decisions(leaking, rows.target.task),
    )
    measured = Measured(measure=measure, value=value, rows=len(truth), outright=outright)
    judgement = judge(measured, comparison, with_what=with_what)
    return Meeting(truth, found, rival, with_what, leaking, measured, comparison, judgement)


def trial_of(
    run: Run,
    material: Material,
    split: Split,
    recipe: Recipe,
    validations: tuple[Validation, ...],
    model: Pipeline,
    meeting: Meeting,
    asked: Asked,
) -> Trial:
    """Return all that is known of the candidate after its test."""
    rows, test = material.rows, split.test
    task, classes = rows.target.task, rows.target.classes
    note = calibration_note(classes, meeting.truth, meeting.answers, meeting.rival)
    run.progress("Testing", 68, "measure what each column is worth")
    first, last = _span(rows.times, test)
    return Trial(
        recipe=recipe,
        validations=validations,
        compared_with=meeting.with_what,
        compared=meeting.comparison,
        judgement=noted(noted(asked.judgement, note), leak_note(meeting.leaking, task)),
        decisions=decided(
            meeting.measured,
            meeting.comparison,
            asked.judgement,
            limit_decisions(material.gate.limits, None),
            changed=asked.parts,
            change=asked.change,
            last_third=asked.veto,
        ),
        measure=rows.measure,
        bounds=material.bounds,
        classes=classes,
        places=np.flatnonzero(test),
        truth=meeting.truth,
        answers=meeting.answers,
        champion_answers=meeting.rival,
        clusters=split.clusters[test],
        test_from=first,
        test_through=last,
        left_out_rows=rows.left_out_by_split,
        importance=column_importance(model, recipe, rows, test),
    )


def _span(moments: np.ndarray | None, test: np.ndarray) -> tuple[str | None, str | None]:
    """Return the first and the last time of the test rows, or nothing without times."""
    if moments is None:
        return None, None
    return times.iso_text(int(moments[test].min())), times.iso_text(int(moments[test].max()))
