"""Take the best trial of a search, judge it, publish it if the gate passes."""

from tidewheel_contracts.job import ReduceRequest, TrainResult
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.search.choosing import best_of_stored_trials
from tidewheel_trainer.search.searching import search_of
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.concluding import concluded
from tidewheel_trainer.train.run import run_of

__all__ = ["reduce"]


def reduce(
    request: ReduceRequest, store: Store, surroundings: Surroundings, progress: Progress
) -> TrainResult:
    """Return the verdict on the best trial, and the published artifact when the gate passed.

    Raises:
        TrainerError: SearchFruitless, RequestInvalid for a run without a search, and as `train`.
    """
    search_of(request)
    run = run_of(request, store, surroundings, progress)
    return concluded(run, best_of_stored_trials)
