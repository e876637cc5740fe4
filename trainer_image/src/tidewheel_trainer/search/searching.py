"""What every step of one search shares in one pod."""

from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.search import Search, SearchMethod
from tidewheel_contracts.job import FailureReason, TrainingTask
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.plan import round_count
from tidewheel_trainer.search.planned import SearchTask
from tidewheel_trainer.search.pod import Pod
from tidewheel_trainer.search.trial_rows import TrialRows, trial_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split

__all__ = ["Searching", "search_of", "searching_of"]


@dataclass(frozen=True, slots=True)
class Searching:
    """The run, its rows and its plan of so many rounds, and which pod does it.

    `percents` is the part of the whole program that the search is.
    """

    run: Run
    material: Material
    rows: TrialRows
    task: SearchTask
    rounds: int
    pod: Pod
    percents: range

    @property
    def is_out_of_time(self) -> bool:
        """Say whether no trial may begin any more."""
        limit = self.task.search.max_seconds
        return limit is not None and self.run.surroundings.seconds() - self.run.began >= limit


def search_of(request: TrainingTask) -> Search:
    """Return what a run searches.

    Raises:
        TrainerError: RequestInvalid, when it searches nothing.
    """
    if request.training.search is None:
        raise TrainerError(
            FailureReason.REQUEST_INVALID,
            "`training.search` is missing in the request; the programs `search` and `reduce` are "
            "for runs with a search, `train` is for all",
        )
    return request.training.search


def searching_of(
    run: Run, material: Material, split: Split, pod: Pod, percents: range
) -> Searching | Shortage:
    """Return what a search works on, or why there are too few rows for it."""
    rows = trial_rows(run, material, split)
    if isinstance(rows, Shortage):
        return rows
    training, search = run.request.training, search_of(run.request)
    task = SearchTask(
        candidates=training.candidates,
        search=search,
        seed=training.seed,
        largest_divisor=_largest_divisor(search, rows, material),
    )
    return Searching(run, material, rows, task, round_count(task), pod, percents)


def _largest_divisor(search: Search, rows: TrialRows, material: Material) -> int:
    """Return by what the rows may be divided; only halving does so."""
    if search.method is not SearchMethod.HALVING:
        return 1
    return rows.largest_divisor(material.rows.target.labels)
