"""Train the candidates in one process, judge the best one, publish it if the gate passes."""

from tidewheel_contracts.job import TrainRequest, TrainResult
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.search.choosing import best_of_search
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.choosing import best_candidate
from tidewheel_trainer.train.concluding import concluded
from tidewheel_trainer.train.run import run_of

__all__ = ["train"]


def train(
    request: TrainRequest, store: Store, surroundings: Surroundings, progress: Progress
) -> TrainResult:
    """Return the verdict, and the published artifact when the gate passed.

    A run that searches does so here as its pods would, one trial after the other.

    Raises:
        TrainerError: with every reason of FailureReason but those of a source.
    """
    run = run_of(request, store, surroundings, progress)
    choose = best_candidate if request.training.search is None else best_of_search
    return concluded(run, choose)
