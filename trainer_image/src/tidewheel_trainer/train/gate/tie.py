"""Judge a tie with the champion once more, on the last third of the test window; pure.

The second test of a tie only vetoes: being worse must be proven.
"""

from dataclasses import replace

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.comparison import (
    QUANTILE,
    allowance,
    gain,
    limit_words,
    margin,
)
from tidewheel_trainer.train.gate.decision import Judgement
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.numbers_shown import shown, signed

__all__ = ["judge_tie"]


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
        f"{signed(measure, last_third.difference)}, {limit_words(last_third, QUANTILE)}"
    )
    best = gain(last_third) + QUANTILE * last_third.standard_error
    if best >= -margin(measure, last_third.champion):
        return _untested(tie, f"no veto: {found}")
    return Judgement(
        Verdict.REFUSED,
        "ProvenWorse",
        f"{tie.sentence}; {found}; {allowance(last_third)} is allowed; look for spoiled labels or "
        "features in the newest rows",
    )


def _untested(tie: Judgement, clause: str) -> Judgement:
    return replace(tie, sentence=f"{tie.sentence}; {clause}")
