"""What every step of one training shares."""

from dataclasses import dataclass

from tidewheel_contracts.job import TrainingTask
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["Run"]


@dataclass(frozen=True, slots=True)
class Run:
    """A request, the store with the run's own folder in it, and the process that serves it."""

    request: TrainingTask
    store: Store
    folder: str
    started: str
    surroundings: Surroundings
    progress: Progress
