"""Judge measures of the whole test window by what the gate asks of each; pure."""

from collections.abc import Sequence

from tidewheel_trainer.train.bounds import Bound
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.numbers_shown import plain, shown

__all__ = ["bound_words", "missed_words", "threshold_decisions"]


def threshold_decisions(values: Sequence[tuple[Bound, float]]) -> tuple[Decision, ...]:
    """Return a decision for each bound and the measure's value on the test rows."""
    return tuple(_decision(bound, value) for bound, value in values)


def missed_words(bound: Bound, value: float) -> str:
    """Say what is asked of a measure that misses it, and what was found; nothing if it is met."""
    asked = bound.missed(value)
    if asked is None:
        return ""
    return f"{bound.measure.name} of {asked} (found {shown(bound.measure, value, 4)})"


def bound_words(bound: Bound, value: float) -> str:
    """Say what a measure is and what is asked of it."""
    asked = [
        f"at {word} {plain(limit)}"
        for word, limit in (("least", bound.minimum), ("most", bound.maximum))
        if limit is not None
    ]
    value_text = shown(bound.measure, value, 4)
    return f"{bound.measure.name} {value_text}, {' and '.join(asked)} is asked"


def _decision(bound: Bound, value: float) -> Decision:
    name, missed = bound.measure.name, missed_words(bound, value)
    return Decision(
        name=f"threshold {name}",
        question=f"Does {name} reach what the gate asks for?",
        answer=Answer.NO if missed else Answer.YES,
        found=bound_words(bound, value),
        numbers=((str(name), value),),
        reason="ThresholdMissed" if missed else "",
        missed=missed,
    )
