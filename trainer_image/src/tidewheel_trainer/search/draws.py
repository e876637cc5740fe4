"""Random search: independent draws, each of the seed and its number alone; pure.

Bergstra & Bengio, "Random search for hyper-parameter optimization", JMLR 13 (2012): where few of
the parameters matter, draws cover those better than a grid of as many trials.
"""

import numpy as np

from tidewheel_trainer.search.planned import (
    PlannedTrial,
    SearchTask,
    fixed_trials,
    open_candidates,
    unlike,
)
from tidewheel_trainer.search.space import drawn_parameters

__all__ = ["drawn_trials"]


def drawn_trials(task: SearchTask) -> tuple[PlannedTrial, ...]:
    """Return the fixed candidates, then draws of the others in turn, without repetitions.

    A draw that repeats an earlier one is not replaced, so a small space ends the search early.
    """
    fixed, candidates = fixed_trials(task), open_candidates(task)
    draws = []
    for number in range(len(fixed), task.search.trials if candidates else 0):
        candidate = candidates[(number - len(fixed)) % len(candidates)]
        random = np.random.default_rng([task.seed, number])
        draws.append(PlannedTrial(0, number, candidate, drawn_parameters(candidate, random)))
    return unlike((*fixed, *draws))
