"""Run one pod's share of a search, and tell what is known of all its trials.

    read rows -> plan a round -> run the own trials of it -> await the others' -> next round

Every pod reads the same rows and works out the same plan; `rounds` says how pods meet.
"""

from tidewheel_contracts.job import SearchRequest, SearchResult
from tidewheel_trainer.progress import Progress
from tidewheel_trainer.search.pod import Pod
from tidewheel_trainer.search.rounds import searched
from tidewheel_trainer.search.searching import search_of, searching_of
from tidewheel_trainer.search.stored_trials import beat
from tidewheel_trainer.search.tally import fruitless, search_result
from tidewheel_trainer.store import Store
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.dividing import test_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import gathered
from tidewheel_trainer.train.run import Run, run_of
from tidewheel_trainer.train.threads import up_to_threads

__all__ = ["search"]

_BEAT_SECONDS = 10.0
_NOTHING = SearchResult(trials=0, finished=0, failed=0, pruned=0)


def search(
    request: SearchRequest, store: Store, surroundings: Surroundings, progress: Progress, pod: Pod
) -> SearchResult:
    """Return the counts of all trials in the store, and the best of them.

    Where rows are too few there is no trial, and `reduce` finds the run inconclusive.

    Raises:
        TrainerError: SearchFruitless when every trial failed, RequestInvalid for a run without a
            search, and for what makes the rows or the search impossible.
    """
    search_of(request)
    run = run_of(request, store, surroundings, progress)

    def give_sign_of_life() -> None:
        beat(run.store, run.folder, pod.index, repr(surroundings.seconds()))

    # Trials of a pod come one after the other, so each has all of the pod's threads.
    with (
        surroundings.repeatedly(give_sign_of_life, _BEAT_SECONDS),
        up_to_threads(surroundings.threads),
    ):
        result = _result(run, pod)
    if isinstance(result, Shortage):
        progress("Finished", 100, f"no trial: {result.sentence}")
        return _NOTHING
    progress("Finished", 100, f"{result.finished} of {result.trials} trials have a score")
    return result


def _result(run: Run, pod: Pod) -> SearchResult | Shortage:
    material = gathered(run)
    split = test_rows(run, material)
    if isinstance(split, Shortage):
        return split
    searching = searching_of(run, material, split, pod, range(20, 100))
    if isinstance(searching, Shortage):
        return searching
    found = searched(searching)
    result = search_result(found.trials, found.outcomes)
    if result.failed and result.failed == result.trials:
        raise fruitless(found.outcomes, searching.task.search.max_seconds)
    return result
