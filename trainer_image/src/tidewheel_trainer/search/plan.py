"""The plan of a search: which trials each round has, given what earlier rounds found; pure."""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.search import SearchMethod
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.draws import drawn_trials
from tidewheel_trainer.search.grid import grid_trials
from tidewheel_trainer.search.halving import rung_divisors, rung_trials
from tidewheel_trainer.search.planned import PlannedTrial, SearchTask
from tidewheel_trainer.search.tpe import proposed_trials

__all__ = ["planned_round", "round_count"]


def planned_round(
    task: SearchTask, round_number: int, outcomes: Sequence[SearchTrial]
) -> tuple[PlannedTrial, ...]:
    """Return the trials of a round in order; it may have none.

    Args:
        task: what the plan follows from, besides scores.
        round_number: from 0.
        outcomes: of all trials that are known, in any order. Those of this round or later ones are
            left aside: another pod may be ahead, or this one before its restart.
    """
    earlier = [each for each in outcomes if each.round_number < round_number]
    match task.search.method:
        case SearchMethod.GRID:
            return grid_trials(task)
        case SearchMethod.RANDOM:
            return drawn_trials(task)
        case SearchMethod.HALVING:
            return rung_trials(task, round_number, earlier)
        case SearchMethod.TPE:
            return proposed_trials(task, round_number, earlier)


def round_count(task: SearchTask) -> int:
    """Return how many rounds the search has."""
    match task.search.method:
        case SearchMethod.GRID | SearchMethod.RANDOM:
            return 1
        case SearchMethod.HALVING:
            return len(rung_divisors(task, len(drawn_trials(task))))
        case SearchMethod.TPE:
            return -(-task.search.trials // task.search.parallelism)
