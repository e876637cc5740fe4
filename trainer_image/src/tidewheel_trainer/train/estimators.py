"""Make estimators of the allow-list, and check a candidate's parameters before any fit.

A parameter must be a number, text, boolean, null or a list of these: nothing that names code or
columns. Seed and threads belong to the run, or one snapshot would give two models.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    InvalidParameterError,
    validate_parameter_constraints,
)

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.boosters import BOOSTER_NAMES, with_encoded_classes
from tidewheel_trainer.train.estimator_list import ALLOWED, Allowed
from tidewheel_trainer.train.target import Target

__all__ = ["checked_parameters", "estimator", "refuse_other_task", "task_of"]

# Numbers can be taken for classes too; text and booleans are nothing else.
_EITHER = ("INT64", "FP64")
_DOES = {Task.CLASSIFICATION: "predicts classes", Task.REGRESSION: "predicts a number"}
_MONOTONIC = "name columns in `features.monotonic`"
_INSTEAD = {"monotonic_cst": _MONOTONIC, "monotone_constraints": _MONOTONIC}
_PLAIN = bool | int | float | str | None


def checked_parameters(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's parameters with our defaults, in order of their names.

    Raises:
        TrainerError: EstimatorUnknown or ParameterInvalid, naming candidate and parameter.
    """
    allowed = _allowed(candidate)
    known = _known(allowed)
    for name, value in candidate.parameters.items():
        if name in allowed.ours:
            remedy = _INSTEAD.get(name, "leave it out")
            raise _invalid(candidate, f"parameter {name!r} is set by Tidewheel; {remedy}")
        if name not in known:
            free = sorted(known - allowed.ours)
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
        _validate(allowed, merged)
    except InvalidParameterError as error:
        raise _invalid(candidate, f"refuses a parameter: {error}") from error
    if allowed.task is Task.CLASSIFICATION and not hasattr(
        allowed.build(**merged), "predict_proba"
    ):
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


def estimator(
    name: str, parameters: Mapping[str, Any], seed: int, signs: list[int] | None = None
) -> BaseEstimator:
    """Return an unfitted estimator of the allow-list; its threads are those that a run may use.

    Args:
        name: its name on the list.
        parameters: what `checked_parameters` gave.
        seed: of all that it draws.
        signs: 1, -1 or 0 for each column in which the answer only rises, only falls, or is free.

    Raises:
        KeyError: the name is not on the list; `checked_parameters` comes first.
    """
    allowed, booster = ALLOWED[name], ALLOWED[name].booster
    ours: dict[str, Any] = {} if booster is None else dict(booster.fixed)
    if "random_state" in allowed.build().get_params(deep=False):
        ours["random_state"] = seed
    if signs is not None:
        ours |= {"monotonic_cst": signs} if booster is None else booster.constrained(signs)
    built = allowed.build(**parameters, **ours)
    if booster is None or allowed.task is Task.REGRESSION:
        return built
    return with_encoded_classes(built)


def _known(allowed: Allowed) -> frozenset[str]:
    """Return the parameters that the class has, as far as they are reviewed."""
    if allowed.booster is None:
        return frozenset(allowed.build().get_params(deep=False))
    return frozenset({*allowed.booster.parameters, *allowed.ours})


def _validate(allowed: Allowed, parameters: Mapping[str, Any]) -> None:
    """Refuse values that the class cannot take, as scikit-learn does.

    Raises:
        InvalidParameterError: with the parameter and what it may be.
    """
    if allowed.booster is None:
        allowed.build(**parameters)._validate_params()
        return
    validate_parameter_constraints(
        dict(allowed.booster.parameters), parameters, allowed.build.__name__
    )


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, list | tuple) else (value,)
    return all(isinstance(part, _PLAIN) for part in parts)


def _allowed(candidate: Candidate) -> Allowed:
    if candidate.estimator in BOOSTER_NAMES and candidate.estimator not in ALLOWED:
        raise TrainerError(
            FailureReason.ESTIMATOR_UNKNOWN,
            f"candidate {candidate.name!r} names the estimator {candidate.estimator!r}, and this "
            "trainer image was built without the extra `boosters`, which has it; build both "
            "images with `--build-arg BOOSTERS=yes`, or use one of "
            f"{', '.join(name for name in ALLOWED if 'HistGradientBoosting' in name)}",
        )
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
