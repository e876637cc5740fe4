"""Ask of a changed recipe that it is better, in two windows in a row; pure.

Refits of one recipe on more rows were never worse in 65 pairs. Whatever was worse and passed for
not worse was of another recipe, which happened to suit the month of its test; no error of sampling
shows that, because the ranking itself moves with the season (reference/judgement.md, sections 6
and 7: the 95 % bound of the gain above 0 lets 5 % of the worse ones pass in one window).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_trainer.train.comparing import Comparison
from tidewheel_trainer.train.gate.comparison import gain, limit_words
from tidewheel_trainer.train.gate.decision import Answer, Decision, Judgement
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.numbers_shown import shown, signed

__all__ = ["RecipeChange", "change_decision", "is_better", "judge_change"]

# One-sided 95 % quantile of the normal distribution.
_QUANTILE = 1.645
_PERCENT = 95
_NAME, _QUESTION = "recipe", "Is a changed recipe better, in two windows in a row?"


@dataclass(frozen=True, slots=True)
class RecipeChange:
    """What is another than in the champion's recipe, and how both did in two windows.

    `newest` is the test window. `before` is None where the newest one told enough. `rival` says
    what the candidate met there.
    """

    parts: Sequence[str]
    newest: Comparison
    before: Comparison | Shortage | None
    rival: str = "the champion's recipe"


def is_better(compared: Comparison) -> bool:
    """Say whether the candidate is better with 95 % confidence."""
    return gain(compared) - _QUANTILE * compared.standard_error > 0


def judge_change(judgement: Judgement, change: RecipeChange) -> Judgement:
    """Return the verdict on a candidate that is not worse, by what its change of recipe proved."""
    sentence = f"{judgement.sentence}; with {_parts(change)} {_windows(change)}"
    if _is_proven(change):
        return Judgement(Verdict.PASSED, "RecipeProven", sentence)
    return Judgement(
        Verdict.REFUSED,
        "RecipeUnproven",
        f"{sentence}; a changed recipe must be better in both windows, unless "
        "`gate.changedRecipe` is NotWorse",
    )


def change_decision(change: RecipeChange | None, parts: Sequence[str] = ()) -> Decision:
    """Return the test of a changed recipe.

    Args:
        change: what was found; None where it was not asked, or another test refused before.
        parts: what was changed.
    """
    if change is None:
        return Decision(_NAME, _QUESTION, Answer.NOT_REACHED if parts else Answer.NOT_ASKED)
    numbers = [
        ("difference", change.newest.difference),
        ("standard_error", change.newest.standard_error),
    ]
    if isinstance(change.before, Comparison):
        numbers += [
            ("difference_before", change.before.difference),
            ("standard_error_before", change.before.standard_error),
        ]
    answer = Answer.YES if _is_proven(change) else Answer.NO
    if isinstance(change.before, Shortage):
        answer = Answer.TOO_FEW
    return Decision(
        _NAME, _QUESTION, answer, f"with {_parts(change)} {_windows(change)}", tuple(numbers)
    )


def _is_proven(change: RecipeChange) -> bool:
    before = change.before
    return is_better(change.newest) and isinstance(before, Comparison) and is_better(before)


def _parts(change: RecipeChange) -> str:
    return " and ".join(change.parts)


def _windows(change: RecipeChange) -> str:
    newest = f"the difference is {limit_words(change.newest, -_QUANTILE, _PERCENT)}"
    before = change.before
    if before is None:
        return newest
    if isinstance(before, Shortage):
        return f"{newest}; in the window before it could not be compared: {before.sentence}"
    measure = before.measure
    return (
        f"{newest}; in the window before {shown(measure, before.candidate)}, {change.rival} "
        f"{shown(measure, before.champion)}, difference {signed(measure, before.difference)}, "
        f"{limit_words(before, -_QUANTILE, _PERCENT)}"
    )
