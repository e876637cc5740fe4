"""Judge the candidate on parts of the test window; pure.

A part with too few rows is told and refuses nothing: its measure would be chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.gate.thresholds import bound_words, missed_words

__all__ = ["SliceValues", "slice_decision"]


@dataclass(frozen=True, slots=True)
class SliceValues:
    """A slice's rows and what its measures are there; None for one that its rows do not define."""

    name: str
    rows: int
    minimum_rows: int
    values: Sequence[tuple[Bound, float | None]]


def slice_decision(found: SliceValues) -> Decision:
    """Return whether a slice reaches its thresholds.

    One that is missed refuses; else one that cannot be measured leaves the slice unknown.
    """
    rows = f"{found.rows:,} rows"
    if found.rows < found.minimum_rows:
        return _decision(found, Answer.TOO_FEW, f"{rows}, {found.minimum_rows:,} are needed")
    measured = [(bound, value) for bound, value in found.values if value is not None]
    unmeasured = [str(bound.measure.name) for bound, value in found.values if value is None]
    missed = [words for each in measured if (words := missed_words(*each))]
    told = "; ".join(
        [
            *(bound_words(*each) for each in measured),
            *(f"{name} is not defined on rows of one class" for name in unmeasured),
        ]
    )
    if missed:
        return _decision(
            found,
            Answer.NO,
            f"{rows}: {told}",
            reason="SliceBelowThreshold",
            missed=f"{', '.join(missed)} in slice {found.name!r} of {rows}",
        )
    return _decision(found, Answer.UNKNOWN if unmeasured else Answer.YES, f"{rows}: {told}")


def _decision(
    found: SliceValues, answer: Answer, words: str, *, reason: str = "", missed: str = ""
) -> Decision:
    values = [(str(bound.measure.name), value) for bound, value in found.values]
    return Decision(
        name=f"slice {found.name}",
        question=f"Does slice {found.name!r} reach what the gate asks for?",
        answer=answer,
        found=words,
        numbers=(
            ("rows", float(found.rows)),
            *((name, value) for name, value in values if value is not None),
        ),
        reason=reason,
        missed=missed,
    )
