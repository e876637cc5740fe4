"""Make estimators of the allow-list, and check a candidate's parameters before any fit.

A parameter must be a number, text, boolean, null or a list of these: nothing that names code or
columns. Seed and threads belong to the run, or one snapshot would give two models.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, Allowed
from tidewheel_trainer.train.target import Target

__all__ = ["checked_parameters", "estimator", "refuse_other_task", "task_of"]

# Numbers can be taken for classes too; text and booleans are nothing else.
_EITHER = ("INT64", "FP64")
_DOES = {Task.CLASSIFICATION: "predicts classes", Task.REGRESSION: "predicts a number"}
_INSTEAD = {"monotonic_cst": "name columns in `features.monotonic`"}
_PLAIN = bool | int | float | str | None


def checked_parameters(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's parameters with our defaults, in order of their names.

    Raises:
        TrainerError: EstimatorUnknown or ParameterInvalid, naming candidate and parameter.
    """
    allowed = _allowed(candidate)
    known = allowed.build().get_params(deep=False)
    for name, value in candidate.parameters.items():
        if name in allowed.ours:
            remedy = _INSTEAD.get(name, "leave it out")
            raise _invalid(candidate, f"parameter {name!r} is set by Tidewheel; {remedy}")
        if name not in known:
            free = sorted(known.keys() - allowed.ours)
            raise _invalid(
                candidate, f"has no parameter {name!r}{_near(name, free)}; it has {', '.join(free)}"
            )
        if not _is_plain(value):
            raise _invalid(
                candidate,
                f"parameter {name!r} must be a number, text, boolean, null or a list of these",
            )
    merged = {**allowed.defaults, **candidate.parameters}
    try:
        built = allowed.build(**merged)
        built._validate_params()
    except InvalidParameterError as error:
        raise _invalid(candidate, f"refuses a parameter: {error}") from error
    if allowed.task is Task.CLASSIFICATION and not hasattr(built, "predict_proba"):
        raise _invalid(
            candidate, "gives no probabilities with these parameters; choose another `loss`"
        )
    return dict(sorted(merged.items()))


def refuse_other_task(candidates: Iterable[Candidate], target: Target, column: str) -> None:
    """Refuse a classifier where a number is predicted, and a regressor where classes are.

    Raises:
        TrainerError: ParameterInvalid, with the nearest estimator of the right kind.
    """
    for candidate in candidates:
        if ALLOWED[candidate.estimator].task is target.task:
            continue
        found = "a number" if target.task is Task.REGRESSION else f"{len(target.classes)} classes"
        other = ALLOWED[candidate.estimator].task
        remedy = f"use {_counterpart(candidate.estimator, target.task)}"
        if target.datatype in _EITHER:
            remedy += f", or set the Dataset's `target.task` to {other}"
        raise _invalid(
            candidate,
            f"{_DOES[other]}, and the target {column!r} is taken for {found}; {remedy}",
        )


def _counterpart(name: str, task: Task) -> str:
    """Return the estimator of the other task whose name is nearest, or all of them."""
    fitting = [known for known, allowed in ALLOWED.items() if allowed.task is task]
    found = get_close_matches(name, fitting, n=1, cutoff=0.8)
    return repr(found[0]) if found else f"one of {', '.join(fitting)}"


def task_of(recipe: Recipe) -> Task:
    """Return what a recipe predicts; members of an ensemble all predict the same."""
    first = recipe if recipe.ensemble is None else recipe.ensemble.members[0]
    return ALLOWED[first.estimator].task


def estimator(name: str, parameters: Mapping[str, Any], seed: int) -> BaseEstimator:
    """Return an unfitted estimator of the allow-list.

    Raises:
        KeyError: the name is not on the list; `checked_parameters` comes first.
    """
    allowed = ALLOWED[name]
    ours: dict[str, Any] = {"n_jobs": 1} if allowed.threads else {}
    if "random_state" in allowed.build().get_params(deep=False):
        ours["random_state"] = seed
    return allowed.build(**parameters, **ours)


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, list | tuple) else (value,)
    return all(isinstance(part, _PLAIN) for part in parts)


def _allowed(candidate: Candidate) -> Allowed:
    if candidate.estimator not in ALLOWED:
        raise TrainerError(
            FailureReason.ESTIMATOR_UNKNOWN,
            f"candidate {candidate.name!r} names the estimator {candidate.estimator!r}"
            f"{_near(candidate.estimator, ALLOWED, most=2)}; allowed are {', '.join(ALLOWED)}",
        )
    return ALLOWED[candidate.estimator]


def _near(name: str, known: Iterable[str], most: int = 1) -> str:
    found = get_close_matches(name, list(known), n=most)
    return f" (did you mean {' or '.join(map(repr, found))}?)" if found else ""


def _invalid(candidate: Candidate, fault: str) -> TrainerError:
    short = candidate.estimator.rpartition(".")[2]
    return TrainerError(
        FailureReason.PARAMETER_INVALID, f"candidate {candidate.name!r}: {short} {fault}"
    )
