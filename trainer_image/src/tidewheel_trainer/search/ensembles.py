"""Let the ensembles of a run compete with the best trial of its search.

Each member is its candidate's best trial. An ensemble is scored as trials are, by the same rows.
"""

from collections.abc import Sequence
from dataclasses import replace

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Ensemble
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.fitting import mean_score, trial_recipe
from tidewheel_trainer.search.tally import winner
from tidewheel_trainer.search.trial_rows import TrialRows
from tidewheel_trainer.train.ensemble_recipes import ensemble_recipe
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.outcome import Choice, Validation
from tidewheel_trainer.train.run import Run

__all__ = ["with_ensembles"]


def with_ensembles(
    run: Run,
    material: Material,
    rows: TrialRows,
    outcomes: Sequence[SearchTrial],
    choice: Choice,
    best: float,
) -> Choice:
    """Return the choice among the trials and the run's ensembles; of equals, the trial.

    Args:
        run: told which ensemble is fitted.
        material: all rows.
        rows: the folds that trials were scored by.
        outcomes: of the trials.
        choice: the best of them.
        best: its score.
    """
    members = _best_of_candidates(run, material, outcomes)
    for ensemble in run.request.training.ensembles:
        missing = [one.candidate for one in ensemble.members if one.candidate not in members]
        if missing:
            note = f"no trial of its member {missing[0]!r} has a score"
            choice = _beside(choice, Validation(ensemble.name, None, is_chosen=False, note=note))
            continue
        recipe = ensemble_recipe(ensemble, members)
        run.progress("Choosing", 50, f"fit the ensemble {ensemble.name}")
        validation = _validation(recipe, ensemble, material, rows)
        if validation.score is not None and validation.score > best:
            best = validation.score
            others = tuple(replace(each, is_chosen=False) for each in choice.validations)
            choice = Choice(recipe, (*others, replace(validation, is_chosen=True)))
        else:
            choice = _beside(choice, validation)
    return choice


def _best_of_candidates(
    run: Run, material: Material, outcomes: Sequence[SearchTrial]
) -> dict[str, Recipe]:
    """Return the recipe of each candidate's best trial, where one has a score."""
    found = {}
    for candidate in run.request.training.candidates:
        best = winner([each for each in outcomes if each.candidate == candidate.name])
        if best is not None:
            found[candidate.name] = trial_recipe(material, _with(candidate, best))
    return found


def _with(candidate: Candidate, trial: SearchTrial) -> Candidate:
    return candidate.model_copy(update={"parameters": trial.parameters})


def _validation(
    recipe: Recipe, ensemble: Ensemble, material: Material, rows: TrialRows
) -> Validation:
    """Return how an ensemble scored, or why it could not be fitted."""
    learned = [fold.learned for fold in rows.folds]
    try:
        score = mean_score(recipe, material, rows, learned)
    except TrainerError as error:
        if error.reason is not FailureReason.PARAMETER_INVALID:
            raise
        return Validation(ensemble.name, None, is_chosen=False, note=error.message)
    return Validation(ensemble.name, score, is_chosen=False)


def _beside(choice: Choice, validation: Validation) -> Choice:
    return replace(choice, validations=(*choice.validations, validation))
