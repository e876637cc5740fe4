"""Judge how far apart the groups of a column are in one measure; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.measures import Measure
from tidewheel_trainer.train.numbers_shown import plain, shown

__all__ = ["GroupValue", "fairness_decision"]


@dataclass(frozen=True, slots=True)
class GroupValue:
    """A group of rows with the same value, and the measure there."""

    name: str
    rows: int
    value: float


def fairness_decision(
    column: str, measure: Measure, maximum: float, groups: Sequence[GroupValue], left_out: int
) -> Decision:
    """Return whether the best and the worst group differ by no more than the maximum.

    Args:
        column: what the groups are values of.
        measure: what is compared.
        maximum: the largest difference that is allowed.
        groups: those with rows enough and a measure that they define.
        left_out: how many other groups there are.
    """
    others = f"; {left_out:,} more cannot be measured" if left_out else ""
    if len(groups) < 2:
        found = f"{len(groups)} group to compare{others}; two are needed"
        return _decision(column, Answer.UNKNOWN, found)
    ranked = sorted(groups, key=lambda each: each.value, reverse=measure.higher_is_better)
    best, worst = ranked[0], ranked[-1]
    difference = abs(best.value - worst.value)
    distance = shown(measure, difference, 4)
    ends = f"{_words(measure, best)}, {_words(measure, worst)}"
    numbers = (("best", best.value), ("worst", worst.value), ("difference", difference))
    asked = f"at most {plain(maximum)}"
    found = f"{measure.name} differs by {distance}: {ends}; {asked} is asked{others}"
    if difference <= maximum:
        return _decision(column, Answer.YES, found, numbers=numbers)
    return _decision(
        column,
        Answer.NO,
        found,
        numbers=numbers,
        reason="GroupsDiffer",
        missed=(
            f"{measure.name} to differ by {asked} between groups of {column!r} "
            f"(found {distance}: {ends})"
        ),
    )


def _words(measure: Measure, group: GroupValue) -> str:
    return f"{shown(measure, group.value, 4)} of {group.name!r} on {group.rows:,} rows"


def _decision(
    column: str,
    answer: Answer,
    found: str,
    *,
    numbers: tuple[tuple[str, float], ...] = (),
    reason: str = "",
    missed: str = "",
) -> Decision:
    return Decision(
        name=f"fairness {column}",
        question=f"Do the groups of {column!r} fare alike?",
        answer=answer,
        found=found,
        numbers=numbers,
        reason=reason,
        missed=missed,
    )
