"""What the Job of a run reported, and which of two reports speaks."""

from dataclasses import dataclass

from tidewheel_contracts.report import Report

__all__ = ["Told", "further"]


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and the attempt of the run whose Job made it."""

    attempt: int
    report: Report


def further(before: Told | None, new: Told) -> Told:
    """Return which of two reports speaks: the one that knows more, of equals the newer one.

    A Job that was replaced may have a pod left, and of the pods of a search some have heard of
    fewer trials than others.
    """
    if before is None or before.attempt < new.attempt:
        return new
    if new.attempt < before.attempt or _ended_trials(new) < _ended_trials(before):
        return before
    return new


def _ended_trials(told: Told) -> int:
    trials = told.report.trials
    return 0 if trials is None else trials.done + trials.failed + trials.pruned
