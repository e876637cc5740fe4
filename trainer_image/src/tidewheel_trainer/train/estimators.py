"""The estimators that a candidate may name, and the check of its parameters before any fit.

Only these classes, because only their fitted forms are on the allow-list of model files. A
parameter must be a number, text, boolean or null: nothing that names code or columns. Seed and
threads belong to the run, or one snapshot would give two models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils._param_validation import InvalidParameterError

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["BOOSTING", "FOREST", "LOGISTIC", "checked_parameters", "estimator"]

LOGISTIC = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"
BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A class, what we set unless the user does, and the parameters that stay ours."""

    build: type[BaseEstimator]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    ours: frozenset[str] = frozenset({"random_state", "n_jobs", "verbose", "warm_start"})


_ALLOWED = {
    # scikit-learn's 100 steps do not reach the optimum with a few hundred one-hot columns.
    LOGISTIC: _Allowed(LogisticRegression, {"max_iter": 1000}),
    FOREST: _Allowed(RandomForestClassifier),
    # Its early stopping holds out random rows, whose score says little in a set ordered by time.
    BOOSTING: _Allowed(HistGradientBoostingClassifier, {"early_stopping": False}),
}


def checked_parameters(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's parameters with our defaults, in order of their names.

    Raises:
        TrainerError: EstimatorUnknown or ParameterInvalid, naming candidate and parameter.
    """
    allowed = _allowed(candidate)
    known = allowed.build().get_params(deep=False)
    for name, value in candidate.parameters.items():
        if name not in known:
            free = ", ".join(sorted(known.keys() - allowed.ours))
            raise _invalid(candidate, f"has no parameter {name!r}; it has {free}")
        if name in allowed.ours:
            raise _invalid(candidate, f"parameter {name!r} is set by Tidewheel; leave it out")
        if value is not None and not isinstance(value, bool | int | float | str):
            raise _invalid(candidate, f"parameter {name!r} must be a number, text, boolean or null")
    merged = {**allowed.defaults, **candidate.parameters}
    try:
        allowed.build(**merged)._validate_params()
    except InvalidParameterError as error:
        raise _invalid(candidate, f"refuses a parameter: {error}") from error
    return dict(sorted(merged.items()))


def estimator(name: str, parameters: Mapping[str, Any], seed: int) -> BaseEstimator:
    """Return an unfitted estimator of the allow-list.

    Raises:
        KeyError: the name is not on the list; `checked_parameters` comes first.
    """
    build = _ALLOWED[name].build
    ours: dict[str, Any] = {"random_state": seed}
    if name == FOREST:
        ours["n_jobs"] = 1
    return build(**parameters, **ours)


def _allowed(candidate: Candidate) -> _Allowed:
    if candidate.estimator not in _ALLOWED:
        raise TrainerError(
            FailureReason.ESTIMATOR_UNKNOWN,
            f"candidate {candidate.name!r} names the estimator {candidate.estimator!r}; allowed "
            f"are {', '.join(_ALLOWED)}",
        )
    return _ALLOWED[candidate.estimator]


def _invalid(candidate: Candidate, fault: str) -> TrainerError:
    short = candidate.estimator.rpartition(".")[2]
    return TrainerError(
        FailureReason.PARAMETER_INVALID, f"candidate {candidate.name!r}: {short} {fault}"
    )
