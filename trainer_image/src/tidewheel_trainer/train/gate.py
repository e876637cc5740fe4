"""Judge a candidate; pure. The rule and its numbers: reference/judgement.md, sections 6 and 7.

Not being worse is asked, not being better: a recipe refitted on a little more data is nearly the
champion, and asking it to win refused half of the good ones. The margin shrinks with the head-room
above the champion, or at an AUC of .97 a fixed one would let everything pass. For the same reason
the second test of a tie only vetoes: being worse must be proven.
"""

from dataclasses import dataclass, replace

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_trainer.train.auc import AucDifference
from tidewheel_trainer.train.guard import Shortage

__all__ = ["Judgement", "judge", "judge_tie", "margin"]

# One-sided 90 % quantile of the normal distribution.
_QUANTILE = 1.282
_LARGEST_MARGIN = 0.01
_SHARE_OF_HEADROOM = 0.03


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, its reason as one PascalCase word, and the sentence with the numbers."""

    verdict: Verdict
    reason: str
    sentence: str


def margin(champion_auc: float) -> float:
    """Return how much worse than the champion a candidate may be."""
    return min(_LARGEST_MARGIN, _SHARE_OF_HEADROOM * (1 - champion_auc))


def judge(
    measured: float,
    minimum: float | None,
    compared: AucDifference | None,
    *,
    with_what: ComparedWith,
    test_rows: int,
) -> Judgement:
    """Return the verdict on a candidate.

    Args:
        measured: the candidate's AUC on the test rows.
        minimum: what it must reach at least.
        compared: the comparison with the champion or its recipe; None when there is no champion.
        with_what: what the comparison is with.
        test_rows: how many rows were tested.
    """
    found = f"roc_auc {measured:.3f} on {test_rows:,} rows of the test window"
    if minimum is not None and measured < minimum:
        return Judgement(
            Verdict.REFUSED, "BelowMinimum", f"{found}; the gate asks for at least {minimum:g}"
        )
    if compared is None:
        return Judgement(Verdict.PASSED, "FirstModel", f"{found}; there is no champion yet")
    rival = "champion" if with_what is ComparedWith.MODEL else "the champion's recipe"
    found += f"; {rival} {compared.champion:.3f}; difference {_signed(compared.difference)}"
    if compared.difference == 0 and compared.standard_error == 0:
        return Judgement(Verdict.UNTESTED, "SameRecipe", f"{found}, tie: the same model met itself")
    bound = compared.difference - _QUANTILE * compared.standard_error
    allowed = margin(compared.champion)
    sentence = (
        f"{found}, at least {_signed(bound, 4)} with 90 % confidence over {compared.clusters} "
        f"clusters; {_signed(-allowed, 4)} is allowed"
    )
    if bound > -allowed:
        return Judgement(Verdict.PASSED, "NotWorse", sentence)
    return Judgement(Verdict.REFUSED, "WorseThanChampion", sentence)


def judge_tie(tie: Judgement, last_third: AucDifference | Shortage | None) -> Judgement:
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
    bound = last_third.difference + _QUANTILE * last_third.standard_error
    allowed = margin(last_third.champion)
    found = (
        f"on its last third, with the rest learned, {last_third.candidate:.3f}; champion "
        f"{last_third.champion:.3f}; difference {_signed(last_third.difference)}, at most "
        f"{_signed(bound, 4)} with 90 % confidence over {last_third.clusters} clusters"
    )
    if bound >= -allowed:
        return _untested(tie, f"no veto: {found}")
    return Judgement(
        Verdict.REFUSED,
        "ProvenWorse",
        f"{tie.sentence}; {found}; {_signed(-allowed, 4)} is allowed; look for spoiled labels or "
        "features in the newest rows",
    )


def _untested(tie: Judgement, clause: str) -> Judgement:
    return replace(tie, sentence=f"{tie.sentence}; {clause}")


def _signed(value: float, digits: int = 3) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]
