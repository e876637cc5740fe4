"""Grid search: every combination of the listed values of every candidate; pure."""

from itertools import product

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_trainer.search.planned import PlannedTrial, SearchTask, unlike
from tidewheel_trainer.search.space import with_drawn

__all__ = ["grid_trials"]


def grid_trials(task: SearchTask) -> tuple[PlannedTrial, ...]:
    """Return all combinations in order of candidates and dimensions, the last one fastest."""
    combinations = [
        (candidate, dict(zip(_names(candidate), values, strict=True)))
        for candidate in task.candidates
        for values in product(*_values(candidate))
    ]
    return unlike(
        PlannedTrial(0, number, candidate, with_drawn(candidate, drawn))
        for number, (candidate, drawn) in enumerate(combinations)
    )


def _names(candidate: Candidate) -> list[str]:
    return [dimension.parameter for dimension in candidate.space]


def _values(candidate: Candidate) -> list[tuple[object, ...]]:
    return [each.choice.values if each.choice else () for each in candidate.space]
