"""Judge a candidate; pure. The rule and its numbers: reference/judgement.md, sections 6 and 7.

First what the gate asks for outright, then the comparison with the champion. Whether the rows are
enough for either is said before anything is fitted (`guard`).

Not being worse is asked, not being better: a recipe refitted on a little more data is nearly the
champion, and asking it to win refused half of the good ones. The margin shrinks with the head-room
above the champion, or at an AUC of .97 a fixed one would let everything pass. For the same reason
the second test of a tie only vetoes: being worse must be proven.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.measures import Measure
from tidewheel_trainer.train.numbers_shown import shown, signed

__all__ = ["Judgement", "Measured", "judge", "judge_tie", "margin"]

# One-sided 90 % quantile of the normal distribution.
_QUANTILE = 1.282
_LARGEST_MARGIN = 0.01
_SHARE_OF_HEADROOM = 0.03
_SHARE_OF_ERROR = 0.01


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, its reason as one PascalCase word, and the sentence with the numbers."""

    verdict: Verdict
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The candidate's value on the test rows: by the run's measure, and by each that is bounded."""

    measure: Measure
    value: float
    rows: int
    bounds: Sequence[tuple[Bound, float]] = ()


def margin(measure: Measure, champion: float) -> float:
    """Return how much worse than the champion a candidate may be.

    An error allows 1 % of the champion's. A score allows 3 % of what is left to 1, which was
    measured for AUC and is taken for the other scores, whose best value is 1 as well.
    """
    if measure.higher_is_better:
        return min(_LARGEST_MARGIN, _SHARE_OF_HEADROOM * (1 - champion))
    return _SHARE_OF_ERROR * champion


def judge(measured: Measured, compared: Comparison | None, *, with_what: ComparedWith) -> Judgement:
    """Return the verdict on a candidate.

    Args:
        measured: the candidate on the test rows.
        compared: the comparison with the champion or its recipe; None when there is no champion.
        with_what: what the comparison is with.
    """
    measure = measured.measure
    value = shown(measure, measured.value)
    found = f"{measure.name} {value} on {measured.rows:,} rows of the test window"
    missed = [
        f"{bound.measure.name} of {asked} (found {shown(bound.measure, value, 4)})"
        for bound, value in measured.bounds
        if (asked := bound.missed(value)) is not None
    ]
    if missed:
        return Judgement(
            Verdict.REFUSED, "ThresholdMissed", f"{found}; the gate asks for {'; '.join(missed)}"
        )
    if compared is None:
        return Judgement(Verdict.PASSED, "FirstModel", f"{found}; there is no champion yet")
    rival = "champion" if with_what is ComparedWith.MODEL else "the champion's recipe"
    found += (
        f"; {rival} {shown(measure, compared.champion)}; difference "
        f"{signed(measure, compared.difference)}"
    )
    if compared.alike:
        return Judgement(Verdict.UNTESTED, "SameRecipe", f"{found}, tie: the same model met itself")
    if compared.difference == 0 and compared.standard_error == 0:
        return Judgement(
            Verdict.UNTESTED, "NoDifference", f"{found}, tie: no row tells the two models apart"
        )
    allowed = margin(measure, compared.champion)
    sentence = f"{found}, {_limit(compared, -_QUANTILE)}; {_allowance(compared)} is allowed"
    if _gain(compared) - _QUANTILE * compared.standard_error > -allowed:
        return Judgement(Verdict.PASSED, "NotWorse", sentence)
    return Judgement(Verdict.REFUSED, "WorseThanChampion", sentence)


def judge_tie(tie: Judgement, last_third: Comparison | Shortage | None) -> Judgement:
    """Return a tie as it was or, when its recipe is proven to learn harm in the window, refused.

    A tie tells nothing about the rows of the test window, which the published fit will learn. If
    they are spoiled, a fit that has learned their first two thirds is worse than the champion on
    the last third. What ruins the ranking is found so, like labels that are turned round; noise
    in less than half of the labels hardly moves it. A fault that lasts to the end of the window is
    not found: it spoils the last third too, where learning it looks like a gain.

    This takes a champion that learned none of the window. Where recipes are compared it did learn
    of it, or cannot be asked: there are no times, or its classes are others. Its recipe cannot
    stand in for it: fitted on the same rows it is the same model again.

    Args:
        tie: the judgement of the whole window.
        last_third: the recipe that learned everything before the last third, compared with the
            champion as it serves; what that third lacks for it; None where recipes are compared.
    """
    if last_third is None:
        return _untested(tie, "no veto test, as the champion's recipe would learn the same rows")
    if isinstance(last_third, Shortage):
        return _untested(tie, f"no veto test on its last third: {last_third.sentence}")
    measure = last_third.measure
    found = (
        f"on its last third, with the rest learned, {shown(measure, last_third.candidate)}; "
        f"champion {shown(measure, last_third.champion)}; difference "
        f"{signed(measure, last_third.difference)}, {_limit(last_third, _QUANTILE)}"
    )
    best = _gain(last_third) + _QUANTILE * last_third.standard_error
    if best >= -margin(measure, last_third.champion):
        return _untested(tie, f"no veto: {found}")
    return Judgement(
        Verdict.REFUSED,
        "ProvenWorse",
        f"{tie.sentence}; {found}; {_allowance(last_third)} is allowed; look for spoiled labels or "
        "features in the newest rows",
    )


def _gain(compared: Comparison) -> float:
    """Return how much better the candidate is, below 0 where it is worse."""
    return compared.difference if compared.measure.higher_is_better else -compared.difference


def _limit(compared: Comparison, quantile: float) -> str:
    """Say what the difference is when the candidate's gain is at this quantile of its error."""
    is_low_end = (quantile < 0) is compared.measure.higher_is_better
    step = -abs(quantile) if is_low_end else abs(quantile)
    limit = compared.difference + step * compared.standard_error
    return (
        f"at {'least' if is_low_end else 'most'} {signed(compared.measure, limit, 4)} with 90 % "
        f"confidence over {compared.clusters} clusters"
    )


def _allowance(compared: Comparison) -> str:
    allowed = margin(compared.measure, compared.champion)
    worse = -allowed if compared.measure.higher_is_better else allowed
    return signed(compared.measure, worse, 4)


def _untested(tie: Judgement, clause: str) -> Judgement:
    return replace(tie, sentence=f"{tie.sentence}; {clause}")
