"""What every step of one training shares."""

from dataclasses import dataclass

from tidewheel_contracts.artifact import layout
from tidewheel_contracts.job import TrainingTask
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings

__all__ = ["Run", "run_of"]


@dataclass(frozen=True, slots=True)
class Run:
    """A request, the store with the run's own folder in it, and the process that serves it.

    `began` is when the process began, in seconds of its own clock.
    """

    request: TrainingTask
    store: Store
    folder: str
    started: str
    began: float
    surroundings: Surroundings
    progress: Progress


def run_of(
    request: TrainingTask, store: Store, surroundings: Surroundings, progress: Progress
) -> Run:
    """Return the run that a request is about, begun now."""
    folder = layout.model_folder(
        request.store.spec.prefix, request.store.namespace, request.model_name, request.run_uid
    )
    return Run(
        request=request,
        store=store,
        folder=folder,
        started=surroundings.moment(),
        began=surroundings.seconds(),
        surroundings=surroundings,
        progress=progress,
    )
