"""Judge what the published fit costs; pure.

Seconds and milliseconds go to the status only: files that a digest covers are the same whenever
the same run is tried again.
"""

from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.gate import Limits
from tidewheel_trainer.train.gate.decision import Answer, Decision
from tidewheel_trainer.train.numbers_shown import plain

__all__ = ["LIMIT_EXCEEDED", "Cost", "limit_decisions"]

LIMIT_EXCEEDED = "LimitExceeded"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the fit on all labelled rows, bytes of its file, and of one answer the median.

    `training_seconds` is None of a model that was fitted elsewhere, and `prediction_milliseconds`
    where nobody asked.
    """

    training_seconds: float | None
    model_bytes: int
    prediction_milliseconds: float | None


def limit_decisions(limits: Limits, cost: Cost | None) -> tuple[Decision, ...]:
    """Return a decision for each limit that is asked; without a cost none of them is reached."""
    decisions = []
    if limits.training_seconds is not None:
        value = None if cost is None else cost.training_seconds
        decisions.append(_of_time("trainingSeconds", str(limits.training_seconds), value))
    if limits.model_bytes is not None:
        size = None if cost is None else cost.model_bytes
        decisions.append(_of_bytes(limits.model_bytes, size))
    if limits.prediction_milliseconds is not None:
        value = None if cost is None else cost.prediction_milliseconds
        decisions.append(_of_time("predictionMilliseconds", limits.prediction_milliseconds, value))
    return tuple(decisions)


def _of_time(name: str, limit: str, value: float | None) -> Decision:
    asked = f"at most {limit} is asked"
    if value is None:
        return _decision(name, Answer.NOT_REACHED, asked)
    measured = plain(round(value, 4))
    if value <= float(limit):
        return _decision(name, Answer.YES, asked, timed=f"{measured} measured")
    missed = f"{name} of at most {limit} (found {measured})"
    return _decision(name, Answer.NO, asked, timed=f"{measured} measured", missed=missed)


def _of_bytes(limit: int, value: int | None) -> Decision:
    name, asked = "modelBytes", f"at most {limit:,} is asked"
    if value is None:
        return _decision(name, Answer.NOT_REACHED, asked)
    found, numbers = f"{value:,}, {asked}", (("modelBytes", float(value)),)
    if value <= limit:
        return _decision(name, Answer.YES, found, numbers=numbers)
    missed = f"{name} of at most {limit:,} (found {value:,})"
    return _decision(name, Answer.NO, found, numbers=numbers, missed=missed)


def _decision(
    name: str,
    answer: Answer,
    found: str,
    *,
    numbers: tuple[tuple[str, float], ...] = (),
    timed: str = "",
    missed: str = "",
) -> Decision:
    return Decision(
        name=f"limit {name}",
        question=f"Does what would be published keep {name}?",
        answer=answer,
        found=found,
        numbers=numbers,
        reason=LIMIT_EXCEEDED if missed else "",
        missed=missed,
        timed=timed,
    )
