"""Judge a candidate; pure. The rule and its numbers: reference/judgement.md, sections 6 and 7.

Not being worse is asked, not being better: a recipe refitted on a little more data is nearly the
champion, and asking it to win refused half of the good ones. The margin shrinks with the head-room
above the champion, or at an AUC of .97 a fixed one would let everything pass.
"""

from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.training_run import ComparedWith, Verdict
from tidewheel_trainer.train.auc import AucDifference

__all__ = ["Judgement", "judge", "margin"]

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


def _signed(value: float, digits: int = 3) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]
