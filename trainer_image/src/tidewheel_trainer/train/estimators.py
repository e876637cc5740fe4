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
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED, Allowed

__all__ = ["checked_parameters", "estimator"]

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
            raise _invalid(candidate, f"parameter {name!r} is set by Tidewheel; leave it out")
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
    if not hasattr(built, "predict_proba"):
        raise _invalid(
            candidate, "gives no probabilities with these parameters; choose another `loss`"
        )
    return dict(sorted(merged.items()))


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
            f"{_near(candidate.estimator, ALLOWED)}; allowed are {', '.join(ALLOWED)}",
        )
    return ALLOWED[candidate.estimator]


def _near(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _invalid(candidate: Candidate, fault: str) -> TrainerError:
    short = candidate.estimator.rpartition(".")[2]
    return TrainerError(
        FailureReason.PARAMETER_INVALID, f"candidate {candidate.name!r}: {short} {fault}"
    )
