"""Make the recipes of ensembles, and check them before any row is read; pure."""

from collections.abc import Mapping, Sequence

from sklearn.utils.validation import has_fit_parameter

from tidewheel_contracts.api.v1alpha1.common import Candidate, Training
from tidewheel_contracts.api.v1alpha1.ensembles import Ensemble, EnsembleKind
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import EnsembleRecipe, MemberRecipe, Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, LOGISTIC
from tidewheel_trainer.train.estimators import checked_parameters

__all__ = ["ensemble_of", "ensemble_recipe", "ensemble_recipes"]

_FOLDS = 5
_DEFAULT = {Task.CLASSIFICATION: LOGISTIC, Task.REGRESSION: "sklearn.linear_model.Ridge"}
_HOLDERS = {
    (EnsembleKind.VOTING, Task.CLASSIFICATION): "sklearn.ensemble.VotingClassifier",
    (EnsembleKind.VOTING, Task.REGRESSION): "sklearn.ensemble.VotingRegressor",
    (EnsembleKind.STACKING, Task.CLASSIFICATION): "sklearn.ensemble.StackingClassifier",
    (EnsembleKind.STACKING, Task.REGRESSION): "sklearn.ensemble.StackingRegressor",
}


def ensemble_recipes(training: Training, alone: Sequence[Recipe]) -> tuple[Recipe, ...]:
    """Return the recipes of a run's ensembles of candidates with their own parameters.

    Args:
        training: what is asked for.
        alone: the recipes of its candidates.

    Raises:
        TrainerError: EstimatorUnknown or ParameterInvalid.
    """
    by_name = {recipe.candidate: recipe for recipe in alone}
    for ensemble in training.ensembles:
        _check(training, ensemble, by_name)
    return tuple(ensemble_recipe(ensemble, by_name) for ensemble in training.ensembles)


def ensemble_recipe(ensemble: Ensemble, by_name: Mapping[str, Recipe]) -> Recipe:
    """Return the recipe of a checked ensemble.

    Args:
        ensemble: what is put together.
        by_name: the recipe of each member, by the candidate's name.
    """
    first = by_name[ensemble.members[0].candidate]
    return first.model_copy(
        update={
            "candidate": ensemble.name,
            "estimator": _HOLDERS[ensemble.kind, ALLOWED[first.estimator].task],
            "parameters": {},
            "calibration": None,
            "ensemble": ensemble_of(ensemble, by_name),
        }
    )


def ensemble_of(
    ensemble: Ensemble, by_name: Mapping[str, Recipe] | Mapping[str, MemberRecipe]
) -> EnsembleRecipe:
    """Return what is put together, with the members' recipes by the candidates' names."""
    members = tuple(_member(by_name[each.candidate], each.weight) for each in ensemble.members)
    task = ALLOWED[members[0].estimator].task
    stacking = ensemble.kind is EnsembleKind.STACKING
    return EnsembleRecipe(
        kind=ensemble.kind,
        members=members,
        final=_final(ensemble, task) if stacking else None,
        folds=(ensemble.folds or _FOLDS) if stacking else None,
    )


def _member(recipe: Recipe | MemberRecipe, weight: str | None) -> MemberRecipe:
    return MemberRecipe(
        candidate=recipe.candidate,
        estimator=recipe.estimator,
        parameters=recipe.parameters,
        calibration=recipe.calibration,
        weight=weight,
    )


def _final(ensemble: Ensemble, task: Task) -> MemberRecipe:
    given = ensemble.final_estimator
    name = _DEFAULT[task] if given is None else given.estimator
    parameters = {} if given is None else given.parameters
    candidate = Candidate(name=ensemble.name, estimator=name, parameters=parameters)
    return MemberRecipe(
        candidate=ensemble.name, estimator=name, parameters=checked_parameters(candidate)
    )


def _check(training: Training, ensemble: Ensemble, by_name: Mapping[str, Recipe]) -> None:
    if ensemble.name in by_name:
        raise _invalid(ensemble, "has the name of a candidate; give it another")
    names = [member.candidate for member in ensemble.members]
    for name in names:
        if name not in by_name:
            raise _invalid(
                ensemble, f"has the member {name!r}, which is no candidate; there are "
                + ", ".join(by_name),
            )  # fmt: skip
        if names.count(name) > 1:
            raise _invalid(ensemble, f"names the member {name!r} twice; keep one, with a `weight`")
    for member in ensemble.members:
        if member.weight is not None and not float(member.weight) > 0:
            raise _invalid(
                ensemble,
                f"gives the member {member.candidate!r} the weight {member.weight}; it must be "
                "above 0",
            )
    tasks = {ALLOWED[by_name[name].estimator].task for name in names}
    if len(tasks) > 1:
        raise _invalid(ensemble, "has members that predict classes and others a number; keep one")
    if ensemble.kind is EnsembleKind.STACKING:
        _check_stacking(training, ensemble, tasks.pop())


def _check_stacking(training: Training, ensemble: Ensemble, task: Task) -> None:
    final = _final(ensemble, task)
    if ALLOWED[final.estimator].task is not task:
        raise _invalid(
            ensemble, f"has the final estimator {final.estimator}, and its members predict "
            + ("a number" if task is Task.REGRESSION else "classes")
            + "; choose one that does too",
        )  # fmt: skip
    if training.features.monotonic:
        raise _invalid(
            ensemble,
            "is of kind Stacking, which heeds no `features.monotonic`; use Voting",
        )
    if training.weights is not None and not has_fit_parameter(
        ALLOWED[final.estimator].build, "sample_weight"
    ):
        raise _invalid(
            ensemble, f"has the final estimator {final.estimator}, which takes no weights; choose "
            "another, or leave `weights` out",
        )  # fmt: skip


def _invalid(ensemble: Ensemble, fault: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, f"ensemble {ensemble.name!r} {fault}")
