"""TPE search: rounds of draws, each where the trials of earlier rounds did well; pure.

Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011, as Optuna implements it:
the first ten trials of a candidate are random, and a proposal of the same round that has no score
yet counts as a bad one, so that a round does not propose one place again and again.

Optuna's study is made anew for each round, from stored trials and a seed of its own: a proposal
depends on nothing that a pod keeps in its memory.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.search import Dimension, Scale
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_trainer.search.planned import (
    PlannedTrial,
    SearchTask,
    fixed_trials,
    open_candidates,
    unlike,
)
from tidewheel_trainer.search.space import parameters_key, rounded_within, with_drawn

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

__all__ = ["proposed_trials"]


def proposed_trials(
    task: SearchTask, round_number: int, earlier: Sequence[SearchTrial]
) -> tuple[PlannedTrial, ...]:
    """Return the trials of a round, `parallelism` of them less those that repeat earlier ones.

    Args:
        task: what the plan follows from.
        round_number: which round, from 0.
        earlier: what all rounds before it found.
    """
    fixed, candidates = fixed_trials(task), open_candidates(task)
    total = task.search.trials if candidates else len(fixed)
    first = round_number * task.search.parallelism
    numbers = range(first, min(first + task.search.parallelism, total))
    studies: dict[str, Study] = {}
    trials = []
    for number in numbers:
        if number < len(fixed):
            candidate, parameters = fixed[number].candidate, fixed[number].parameters
        else:
            place = (number - len(fixed)) % len(candidates)
            candidate = candidates[place]
            if candidate.name not in studies:
                seed = _seed(task.seed, place, round_number)
                studies[candidate.name] = _study(candidate, earlier, seed)
            parameters = _proposal(studies[candidate.name], candidate)
        trials.append(PlannedTrial(round_number, number, candidate, parameters))
    return unlike(trials, earlier)


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _study(candidate: Candidate, earlier: Sequence[SearchTrial], seed: int) -> "Study":
    """Return a study in memory that knows the scored trials of the candidate."""
    # Imported here: only this method needs it, and it takes a third of a second.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction="maximize")
    distributions = _distributions(candidate)
    for each in sorted(earlier, key=lambda trial: trial.number):
        if each.candidate == candidate.name and each.score is not None:
            study.add_trial(
                optuna.create_trial(
                    params={
                        dimension.parameter: _told(dimension, each.parameters[dimension.parameter])
                        for dimension in candidate.space
                    },
                    distributions=distributions,
                    value=float(each.score),
                )
            )
    return study


def _proposal(study: "Study", candidate: Candidate) -> dict[str, Any]:
    asked = study.ask(_distributions(candidate)).params
    drawn = {each.parameter: _drawn(each, asked[each.parameter]) for each in candidate.space}
    return with_drawn(candidate, drawn)


def _distributions(candidate: Candidate) -> dict[str, "BaseDistribution"]:
    return {dimension.parameter: _distribution(dimension) for dimension in candidate.space}


def _distribution(dimension: Dimension) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if dimension.choice is not None:
        # Places instead of values, of which Optuna takes no lists.
        return CategoricalDistribution(range(len(dimension.choice.values)))
    if dimension.integer is not None:
        whole = dimension.integer
        return IntDistribution(whole.low, whole.high, log=whole.scale is Scale.LOG)
    assert dimension.number is not None  # noqa: S101  a checked dimension has one of the three
    number = dimension.number
    return FloatDistribution(float(number.low), float(number.high), log=number.scale is Scale.LOG)


def _told(dimension: Dimension, value: Any) -> Any:  # noqa: ANN401  any JSON
    """Return a trial's value as the study knows it."""
    if dimension.choice is None:
        return value
    texts = [parameters_key("", {"": each}) for each in dimension.choice.values]
    return texts.index(parameters_key("", {"": value}))


def _drawn(dimension: Dimension, asked: Any) -> Any:  # noqa: ANN401  any JSON
    """Return what the study proposes as a value of the parameter."""
    if dimension.choice is not None:
        return dimension.choice.values[asked]
    if dimension.number is not None:
        return rounded_within(asked, float(dimension.number.low), float(dimension.number.high))
    return asked
