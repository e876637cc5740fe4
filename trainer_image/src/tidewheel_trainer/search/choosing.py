"""Take the best trial of a search as the recipe that is tested, judged and published."""

from collections.abc import Sequence

from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.ensembles import with_ensembles
from tidewheel_trainer.search.fitting import trial_recipe
from tidewheel_trainer.search.pod import ONLY_POD
from tidewheel_trainer.search.rounds import searched
from tidewheel_trainer.search.search_details import search_details
from tidewheel_trainer.search.searching import search_of, searching_of
from tidewheel_trainer.search.stored_trials import read_trials
from tidewheel_trainer.search.tally import fruitless, latest, winner
from tidewheel_trainer.search.trial_rows import TrialRows, trial_rows
from tidewheel_trainer.train.guard import Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Choice, Validation
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import Split

__all__ = ["best_of_search", "best_of_stored_trials"]


def best_of_search(run: Run, material: Material, split: Split) -> Choice | Shortage:
    """Return the best trial after this process has run the whole search.

    Raises:
        TrainerError: SearchFruitless, when no trial has a score.
    """
    searching = searching_of(run, material, split, ONLY_POD, range(20, 50))
    if isinstance(searching, Shortage):
        return searching
    return _choice(run, material, searching.rows, searched(searching).outcomes)


def best_of_stored_trials(run: Run, material: Material, split: Split) -> Choice | Shortage:
    """Return the best of the trials that the pods of a search left in the store.

    Raises:
        TrainerError: SearchFruitless, when no trial has a score.
    """
    # Where the rows were too few for the pods, they left no trial, and the run is inconclusive.
    rows = trial_rows(run, material, split)
    if isinstance(rows, Shortage):
        return rows
    outcomes = tuple(read_trials(run.store, run.folder).outcomes.values())
    known = search_details(len(latest(outcomes)), outcomes, (), 0)
    run.progress("Choosing", 40, f"take the best of {len(outcomes):,} trials", known)
    return _choice(run, material, rows, outcomes)


def _choice(
    run: Run, material: Material, rows: TrialRows, outcomes: Sequence[SearchTrial]
) -> Choice:
    best = winner(outcomes)
    if best is None:
        raise fruitless(outcomes, search_of(run.request).max_seconds)
    named = [each for each in run.request.training.candidates if each.name == best.candidate]
    if not named:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"the best trial in the run's folder is of candidate {best.candidate!r}, which the run "
            "does not have; apply a new TrainingRun",
        )
    candidate = named[0].model_copy(update={"parameters": best.parameters})
    choice = Choice(
        trial_recipe(material, candidate),
        tuple(_validation(each, best) for each in latest(outcomes)),
    )
    return with_ensembles(run, material, rows, outcomes, choice, float(best.score or 0))


def _validation(outcome: SearchTrial, best: SearchTrial) -> Validation:
    return Validation(
        outcome.candidate,
        None if outcome.score is None else float(outcome.score),
        is_chosen=outcome == best,
        parameters=outcome.parameters,
        note=_note(outcome, best),
    )


def _note(outcome: SearchTrial, best: SearchTrial) -> str:
    if outcome.failure is not None:
        return outcome.failure
    if outcome.score is None:
        return "no time was left for it"
    if outcome.learned_rows < best.learned_rows:
        return f"given up after {outcome.learned_rows:,} of {best.learned_rows:,} rows"
    return ""
