"""What a search is planned from, and one trial of its plan; pure.

The plan is a function of the spec, of the rows, and of what earlier rounds scored: never of a clock
or of which pod asks. So every pod works it out for itself, and pods need no leader.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.search import Search
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.space import parameters_key

__all__ = ["PlannedTrial", "SearchTask", "best_first", "fixed_trials", "open_candidates", "unlike"]


@dataclass(frozen=True, slots=True)
class SearchTask:
    """What the plan follows from, besides scores.

    `largest_divisor` is the largest power of 3 by which the rows to learn may be divided.
    """

    candidates: tuple[Candidate, ...]
    search: Search
    seed: int
    largest_divisor: int = 1


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One trial of a round; it learns the newest 1/`divisor` of the rows to learn.

    `parameters` are those of the candidate and the drawn ones. Over several rounds a trial keeps
    its number.
    """

    round_number: int
    number: int
    candidate: Candidate
    parameters: dict[str, Any]
    divisor: int = 1


def fixed_trials(task: SearchTask) -> tuple[PlannedTrial, ...]:
    """Return the candidates without a space, which are one trial each and come first."""
    fixed = [candidate for candidate in task.candidates if not candidate.space]
    return tuple(
        PlannedTrial(0, number, candidate, dict(candidate.parameters))
        for number, candidate in enumerate(fixed)
    )


def open_candidates(task: SearchTask) -> tuple[Candidate, ...]:
    """Return the candidates that trials are drawn of."""
    return tuple(candidate for candidate in task.candidates if candidate.space)


def unlike(
    trials: Iterable[PlannedTrial], earlier: Iterable[SearchTrial] = ()
) -> tuple[PlannedTrial, ...]:
    """Return the trials that repeat none before them: the same fit would score the same."""
    seen = {parameters_key(each.candidate, each.parameters) for each in earlier}
    kept = []
    for trial in trials:
        key = parameters_key(trial.candidate.name, trial.parameters)
        if key not in seen:
            seen.add(key)
            kept.append(trial)
    return tuple(kept)


def best_first(trials: Iterable[SearchTrial]) -> list[SearchTrial]:
    """Return the trials with a score, the highest first; of equals, the earlier one."""
    scored = [(float(each.score), each) for each in trials if each.score is not None]
    scored.sort(key=lambda pair: (-pair[0], pair[1].number))
    return [trial for _, trial in scored]
