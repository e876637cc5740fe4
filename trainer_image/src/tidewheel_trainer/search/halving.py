"""Successive halving: many trials on few rows, the best third again on three times as many; pure.

Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
AISTATS 2016; a third instead of a half as in Li et al., "Hyperband", JMLR 18 (2018).
"""

from collections.abc import Sequence
from dataclasses import replace

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.draws import drawn_trials
from tidewheel_trainer.search.planned import PlannedTrial, SearchTask, best_first

__all__ = ["ETA", "rung_divisors", "rung_trials"]

# Of each rung's trials one in so many goes on, with so many times as many rows.
ETA = 3


def rung_divisors(task: SearchTask, trial_count: int) -> tuple[int, ...]:
    """Return by what each rung divides the rows to learn: powers of 3 down to 1.

    There are as many rungs as it takes to come down to one or two trials, fewer where the rows of
    the first rung would be too few.
    """
    divisor = 1
    while ETA * divisor <= min(trial_count, task.largest_divisor):
        divisor *= ETA
    divisors = [divisor]
    while divisors[-1] > 1:
        divisors.append(divisors[-1] // ETA)
    return tuple(divisors)


def rung_trials(
    task: SearchTask, rung: int, earlier: Sequence[SearchTrial]
) -> tuple[PlannedTrial, ...]:
    """Return the trials of one rung; none after the last one, or when no trial has a score.

    Args:
        task: what the plan follows from.
        rung: its number, from 0.
        earlier: what the rungs before it found.
    """
    draws = drawn_trials(task)
    divisors = rung_divisors(task, len(draws))
    if rung >= len(divisors):
        return ()
    if rung == 0:
        return tuple(replace(trial, divisor=divisors[0]) for trial in draws)
    last = [each for each in earlier if each.round_number == rung - 1]
    survivors = {each.number for each in best_first(last)[: max(1, len(last) // ETA)]}
    return tuple(
        replace(trial, round_number=rung, divisor=divisors[rung])
        for trial in draws
        if trial.number in survivors
    )
