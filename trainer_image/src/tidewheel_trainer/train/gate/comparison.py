"""Judge a candidate by the champion on the same rows; pure.

Not being worse is asked, not being better: a recipe refitted on a little more data is nearly the
champion, and asking it to win refused half of the good ones. The margin shrinks with the head-room
above the champion, or at an AUC of .97 a fixed one would let everything pass.
"""

from tidewheel_contracts.api.v1alpha1.run_result import ComparedWith, Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.decision import Judgement
from tidewheel_trainer.train.measures import Measure
from tidewheel_trainer.train.numbers_shown import shown, signed

__all__ = [
    "QUANTILE",
    "allowance",
    "comparison_words",
    "gain",
    "judge_comparison",
    "limit_words",
    "margin",
]

# One-sided 90 % quantile of the normal distribution.
QUANTILE = 1.282
_LARGEST_MARGIN = 0.01
_SHARE_OF_HEADROOM = 0.03
_SHARE_OF_ERROR = 0.01


def margin(measure: Measure, champion: float) -> float:
    """Return how much worse than the champion a candidate may be.

    An error allows 1 % of the champion's. A score allows 3 % of what is left to 1, which was
    measured for AUC and is taken for the other scores, whose best value is 1 as well.
    """
    if measure.higher_is_better:
        return min(_LARGEST_MARGIN, _SHARE_OF_HEADROOM * (1 - champion))
    return _SHARE_OF_ERROR * champion


def judge_comparison(found: str, compared: Comparison, with_what: ComparedWith) -> Judgement:
    """Return the verdict on a candidate that reaches all that is asked outright.

    Args:
        found: how the candidate did, the beginning of the sentence.
        compared: the comparison with the champion or its recipe.
        with_what: what the comparison is with.
    """
    measure = compared.measure
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
    sentence = f"{found}, {limit_words(compared, -QUANTILE)}; {allowance(compared)} is allowed"
    if gain(compared) - QUANTILE * compared.standard_error > -allowed:
        return Judgement(Verdict.PASSED, "NotWorse", sentence)
    return Judgement(Verdict.REFUSED, "WorseThanChampion", sentence)


def gain(compared: Comparison) -> float:
    """Return how much better the candidate is, below 0 where it is worse."""
    return compared.difference if compared.measure.higher_is_better else -compared.difference


def limit_words(compared: Comparison, quantile: float, percent: int = 90) -> str:
    """Say what the difference is when the candidate's gain is at this quantile of its error.

    `percent` is the confidence that the quantile stands for.
    """
    is_low_end = (quantile < 0) is compared.measure.higher_is_better
    step = -abs(quantile) if is_low_end else abs(quantile)
    limit = compared.difference + step * compared.standard_error
    return (
        f"at {'least' if is_low_end else 'most'} {signed(compared.measure, limit, 4)} with "
        f"{percent} % confidence over {compared.clusters} clusters"
    )


def allowance(compared: Comparison) -> str:
    """Return the margin as the difference that is still allowed."""
    allowed = margin(compared.measure, compared.champion)
    worse = -allowed if compared.measure.higher_is_better else allowed
    return signed(compared.measure, worse, 4)


def comparison_words(compared: Comparison) -> str:
    """Say what was found of candidate and champion."""
    measure = compared.measure
    candidate, champion, error = (
        shown(measure, value, 4)
        for value in (compared.candidate, compared.champion, compared.standard_error)
    )
    return (
        f"{measure.name}: candidate {candidate}, champion {champion}, difference "
        f"{signed(measure, compared.difference, 4)} with a standard error of {error} over "
        f"{compared.clusters:,} clusters; {allowance(compared)} is allowed"
    )
