"""Fit and score one trial; what goes wrong with its parameters is an outcome, not a fault."""

import math
from decimal import Decimal
from statistics import fmean

import numpy as np

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.search_trial import SearchTrial
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.search.planned import PlannedTrial
from tidewheel_trainer.search.trial_rows import TrialRows
from tidewheel_trainer.surroundings import Surroundings
from tidewheel_trainer.train.estimators import checked_parameters
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.pipelines import fitted
from tidewheel_trainer.train.scoring import score

__all__ = ["fitted_trial", "given_up", "mean_score", "not_begun", "trial_recipe"]

_LONGEST_FAILURE = 500
# Reasons that speak of a trial's parameters or of the part of the rows that it learned.
_OF_THE_TRIAL = frozenset(
    {
        FailureReason.PARAMETER_INVALID,
        FailureReason.NO_FEATURES,
        FailureReason.METRIC_UNAVAILABLE,
    }
)


def trial_recipe(material: Material, candidate: Candidate) -> Recipe:
    """Return the recipe of a candidate with the parameters of a trial.

    Raises:
        TrainerError: ParameterInvalid, when the estimator refuses them.
    """
    return material.recipes[0].model_copy(
        update={
            "candidate": candidate.name,
            "estimator": candidate.estimator,
            "parameters": checked_parameters(candidate),
            "calibration": candidate.calibration,
        }
    )


def fitted_trial(
    trial: PlannedTrial, material: Material, rows: TrialRows, surroundings: Surroundings
) -> SearchTrial:
    """Return what a trial scored on the mean of all folds, or why it could not be fitted."""
    begin = surroundings.seconds()
    learned = [rows.learned(fold, trial.divisor) for fold in rows.folds]
    try:
        candidate = trial.candidate.model_copy(update={"parameters": trial.parameters})
        value = mean_score(trial_recipe(material, candidate), material, rows, learned)
    except TrainerError as error:
        if error.reason not in _OF_THE_TRIAL:
            raise
        outcome = given_up(trial, error.message, error.reason)
    except MemoryError:
        outcome = given_up(trial, "its fit asks for more memory than there is")
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        outcome = given_up(trial, f"its fit or its answers fail with {error!r}")
    else:
        outcome = _scored(trial, value)
    return outcome.model_copy(
        update={
            "learned_rows": max(int(np.count_nonzero(part)) for part in learned),
            "seconds": round(surroundings.seconds() - begin, 3),
        }
    )


def given_up(
    trial: PlannedTrial, sentence: str, reason: FailureReason | None = None
) -> SearchTrial:
    """Return the outcome of a trial that failed."""
    failure = {"failure": sentence[:_LONGEST_FAILURE], "failure_reason": reason}
    return not_begun(trial).model_copy(update=failure)


def not_begun(trial: PlannedTrial) -> SearchTrial:
    """Return the outcome of a trial that there was no time for."""
    return SearchTrial(
        round_number=trial.round_number,
        number=trial.number,
        candidate=trial.candidate.name,
        parameters=trial.parameters,
    )


def mean_score(
    recipe: Recipe, material: Material, rows: TrialRows, learned: list[np.ndarray]
) -> float:
    """Return the mean of the scores on all folds.

    Args:
        recipe: what is fitted.
        material: all rows.
        rows: the folds.
        learned: the rows that the fit of each fold learns, boolean, shape (n_rows,).

    Raises:
        TrainerError: when a fit or its answers fail.
    """
    everything = material.rows
    scores = []
    for fold, part in zip(rows.folds, learned, strict=True):
        model = fitted(
            recipe,
            everything.frame[part],
            everything.target.labels[part],
            everything.groups_of(part),
        )
        scores.append(score(model, recipe, material.rows, fold.judged))
    return fmean(scores)


def _scored(trial: PlannedTrial, value: float) -> SearchTrial:
    if not math.isfinite(value):
        sentence = "its score is no finite number"
        return given_up(trial, sentence, FailureReason.METRIC_UNAVAILABLE)
    # All digits, without an exponent: readers of the text get the very number.
    return not_begun(trial).model_copy(update={"score": format(Decimal(repr(value)), "f")})
