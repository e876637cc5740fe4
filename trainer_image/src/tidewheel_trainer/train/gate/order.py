"""The gate: its tests in their order, and what they come to; pure.

The rule and its numbers: reference/judgement.md, sections 6 and 7.

    enough rows -> thresholds, calibration, slices, fairness -> not worse than the champion
                -> a changed recipe is better in two windows, or a tie is free of harm
                -> limits of the published fit

Whether rows are enough is said before anything is fitted (`guard`). What is asked outright is asked
together, so that a refusal names all of it. The published fit exists only after all others passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.comparison import comparison_words, judge_comparison
from tidewheel_trainer.train.gate.decision import Answer, Decision, Judgement
from tidewheel_trainer.train.gate.recipe import RecipeChange, change_decision
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import Measure
from tidewheel_trainer.train.numbers_shown import shown

__all__ = ["Measured", "decided", "judge", "judge_limits", "noted", "too_few_rows"]

# A sentence is read by people, and bounded; the report has all.
_MOST_NAMED = 12
_ROWS = ("rows", "Are there rows enough to judge by?")
_CHAMPION = ("champion", "Is it not worse than the champion?")
_TIE = ("tie", "Is a tie free of harm in the newest rows?")
# Answers about champion and tie by the reason of the verdict; all others refused before them.
_ANSWERS = {
    "FirstModel": (Answer.NOT_ASKED, Answer.NOT_ASKED),
    "NotWorse": (Answer.YES, Answer.NOT_ASKED),
    "WorseThanChampion": (Answer.NO, Answer.NOT_REACHED),
    "SameRecipe": (Answer.TIE, Answer.YES),
    "NoDifference": (Answer.TIE, Answer.YES),
    "ProvenWorse": (Answer.TIE, Answer.NO),
    "RecipeProven": (Answer.YES, Answer.NOT_ASKED),
    "RecipeUnproven": (Answer.YES, Answer.NOT_ASKED),
}
_BEFORE = (Answer.NOT_REACHED, Answer.NOT_REACHED)


@dataclass(frozen=True, slots=True)
class Measured:
    """The candidate's value on the test rows, and the tests of what is asked of it outright."""

    measure: Measure
    value: float
    rows: int
    outright: Sequence[Decision] = ()


def judge(measured: Measured, compared: Comparison | None, *, with_what: ComparedWith) -> Judgement:
    """Return the verdict on a candidate.

    Args:
        measured: the candidate on the test rows.
        compared: the comparison with the champion or its recipe; None when there is no champion.
        with_what: what the comparison is with.
    """
    measure = measured.measure
    found = (
        f"{measure.name} {shown(measure, measured.value)} on {measured.rows:,} rows of the test "
        "window"
    )
    refusal = _refusal(found, measured.outright)
    if refusal is not None:
        return refusal
    if compared is None:
        return Judgement(Verdict.PASSED, "FirstModel", f"{found}; there is no champion yet")
    return judge_comparison(found, compared, with_what)


def judge_limits(judgement: Judgement, limits: Sequence[Decision]) -> Judgement:
    """Return the judgement as it was or, when the published fit costs too much, refused."""
    return _refusal(judgement.sentence, limits) or judgement


def noted(judgement: Judgement, note: str) -> Judgement:
    """Return the judgement with an advice at the end of its sentence."""
    return replace(judgement, sentence=f"{judgement.sentence}; {note}") if note else judgement


def decided(
    measured: Measured,
    compared: Comparison | None,
    judgement: Judgement,
    limits: Sequence[Decision],
    *,
    changed: Sequence[str] = (),
    change: RecipeChange | None = None,
    last_third: Comparison | Shortage | None = None,
) -> tuple[Decision, ...]:
    """Return all tests of a judged candidate in their order.

    Args:
        measured: the candidate on the test rows.
        compared: the comparison that it was judged by.
        judgement: what came of it, before limits.
        limits: the tests of the published fit, as far as they are known.
        changed: what of its recipe must be proven, in words.
        change: what was found of that.
        last_third: what a tie was judged by once more.
    """
    champion, tie = _ANSWERS.get(judgement.reason, _BEFORE)
    if tie is Answer.YES and not isinstance(last_third, Comparison):
        tie = Answer.UNKNOWN
    words = "there is no champion" if compared is None else comparison_words(compared)
    numbers: tuple[tuple[str, float], ...] = ()
    if compared is not None:
        numbers = (
            ("difference", compared.difference),
            ("standard_error", compared.standard_error),
        )
    return (
        Decision(*_ROWS, Answer.YES, f"{measured.rows:,} test rows"),
        *measured.outright,
        Decision(*_CHAMPION, champion, words, numbers),
        change_decision(change, changed),
        Decision(*_TIE, tie, _tie_words(judgement) if tie is not Answer.NOT_ASKED else ""),
        *limits,
    )


def too_few_rows(sentence: str) -> tuple[Decision, ...]:
    """Return the tests of a run whose rows were too few to judge by."""
    return (
        Decision(*_ROWS, Answer.TOO_FEW, sentence),
        *(Decision(*each, Answer.NOT_REACHED) for each in (_CHAMPION, _TIE)),
    )


def _tie_words(judgement: Judgement) -> str:
    return judgement.sentence.partition(", tie: ")[2]


def _refusal(found: str, decisions: Sequence[Decision]) -> Judgement | None:
    missed = [each for each in decisions if each.answer is Answer.NO]
    if not missed:
        return None
    named = "; ".join(each.missed for each in missed[:_MOST_NAMED])
    more = f"; {len(missed) - _MOST_NAMED} more" if len(missed) > _MOST_NAMED else ""
    return Judgement(Verdict.REFUSED, missed[0].reason, f"{found}; the gate asks for {named}{more}")
