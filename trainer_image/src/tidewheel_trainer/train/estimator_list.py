"""The estimators that a candidate may name: a reviewed list, for scikit-learn 1.9.

A class is on it when it predicts a number or gives probabilities of classes, when equal fits give
equal bytes, and when the parts of its fitted form stand the review of `trusted_types`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    SGDClassifier,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_trainer.train.boosters import BOOSTERS, Booster

__all__ = ["ALLOWED", "BOOSTING", "FOREST", "LOGISTIC", "Allowed", "Reading"]

LOGISTIC = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"
BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"

_OURS = frozenset({"random_state", "n_jobs", "verbose", "warm_start"})
_OURS_OF_TREES = _OURS | {"monotonic_cst"}


class Reading(Enum):
    """What an estimator needs of its columns."""

    AS_THEY_ARE = "as they are"  # it takes missing values, and categories as codes
    FILLED = "filled"  # it takes categories as codes, but no missing values
    SCALED = "scaled"  # distances and weights need one scale, and a column for each category


@dataclass(frozen=True, slots=True)
class Allowed:
    """A class, what it reads, what we set unless the user does, and the parameters that are ours.

    `dense` tells that it takes no sparse rows, or would keep them, which no file may hold.
    `constrained` is what it reads when features are monotonic; None where it cannot heed them.
    `booster` tells what is special about a class of another library than scikit-learn.
    """

    build: type[BaseEstimator]
    reading: Reading
    defaults: Mapping[str, Any] = field(default_factory=dict)
    dense: bool = False
    ours: frozenset[str] = _OURS
    constrained: Reading | None = None
    booster: Booster | None = None

    @property
    def task(self) -> Task:
        """Return what it predicts."""
        return Task.REGRESSION if issubclass(self.build, RegressorMixin) else Task.CLASSIFICATION


def _tree(build: type[BaseEstimator]) -> Allowed:
    # Its splits cannot be both monotonic and open to missing values.
    return Allowed(
        build,
        Reading.AS_THEY_ARE,
        ours=_OURS_OF_TREES,
        constrained=Reading.FILLED,
    )


def _boosting(build: type[BaseEstimator]) -> Allowed:
    # Its early stopping holds out random rows, whose score says little in a set ordered by time.
    return Allowed(
        build,
        Reading.AS_THEY_ARE,
        {"early_stopping": False},
        ours=_OURS_OF_TREES,
        constrained=Reading.AS_THEY_ARE,
    )


def _of_another_library(booster: Booster) -> Allowed:
    return Allowed(
        booster.build,
        Reading.AS_THEY_ARE,
        ours=booster.ours,
        constrained=Reading.AS_THEY_ARE,
        booster=booster,
    )


ALLOWED: Mapping[str, Allowed] = {
    # scikit-learn's 100 steps do not reach the optimum with a few hundred one-hot columns.
    LOGISTIC: Allowed(LogisticRegression, Reading.SCALED, {"max_iter": 1000}),
    # Its default loss is a support vector machine's, which knows no probabilities.
    "sklearn.linear_model.SGDClassifier": Allowed(
        SGDClassifier, Reading.SCALED, {"loss": "log_loss"}
    ),
    FOREST: _tree(RandomForestClassifier),
    "sklearn.ensemble.ExtraTreesClassifier": _tree(ExtraTreesClassifier),
    BOOSTING: _boosting(HistGradientBoostingClassifier),
    "sklearn.ensemble.GradientBoostingClassifier": Allowed(
        GradientBoostingClassifier, Reading.FILLED
    ),
    "sklearn.ensemble.AdaBoostClassifier": Allowed(AdaBoostClassifier, Reading.FILLED),
    "sklearn.ensemble.BaggingClassifier": Allowed(BaggingClassifier, Reading.FILLED),
    "sklearn.tree.DecisionTreeClassifier": _tree(DecisionTreeClassifier),
    # Search trees in a file are memory that nobody can check.
    "sklearn.neighbors.KNeighborsClassifier": Allowed(
        KNeighborsClassifier,
        Reading.SCALED,
        {"algorithm": "brute"},
        dense=True,
        ours=_OURS | {"algorithm", "metric_params"},
    ),
    "sklearn.naive_bayes.GaussianNB": Allowed(GaussianNB, Reading.SCALED, dense=True),
    "sklearn.naive_bayes.BernoulliNB": Allowed(BernoulliNB, Reading.SCALED),
    "sklearn.neural_network.MLPClassifier": Allowed(MLPClassifier, Reading.SCALED),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Allowed(
        LinearDiscriminantAnalysis, Reading.SCALED, dense=True
    ),
    # What any other must beat.
    "sklearn.dummy.DummyClassifier": Allowed(DummyClassifier, Reading.FILLED),
    "sklearn.linear_model.LinearRegression": Allowed(LinearRegression, Reading.SCALED),
    "sklearn.linear_model.Ridge": Allowed(Ridge, Reading.SCALED),
    "sklearn.linear_model.Lasso": Allowed(Lasso, Reading.SCALED),
    "sklearn.linear_model.ElasticNet": Allowed(ElasticNet, Reading.SCALED),
    "sklearn.linear_model.HuberRegressor": Allowed(
        HuberRegressor, Reading.SCALED, {"max_iter": 1000}
    ),
    "sklearn.linear_model.SGDRegressor": Allowed(SGDRegressor, Reading.SCALED),
    "sklearn.linear_model.PoissonRegressor": Allowed(
        PoissonRegressor, Reading.SCALED, {"max_iter": 1000}
    ),
    "sklearn.linear_model.GammaRegressor": Allowed(
        GammaRegressor, Reading.SCALED, {"max_iter": 1000}
    ),
    "sklearn.linear_model.TweedieRegressor": Allowed(
        TweedieRegressor, Reading.SCALED, {"max_iter": 1000}
    ),
    "sklearn.ensemble.RandomForestRegressor": _tree(RandomForestRegressor),
    "sklearn.ensemble.ExtraTreesRegressor": _tree(ExtraTreesRegressor),
    "sklearn.ensemble.HistGradientBoostingRegressor": _boosting(HistGradientBoostingRegressor),
    "sklearn.ensemble.GradientBoostingRegressor": Allowed(
        GradientBoostingRegressor, Reading.FILLED
    ),
    "sklearn.ensemble.AdaBoostRegressor": Allowed(AdaBoostRegressor, Reading.FILLED),
    "sklearn.ensemble.BaggingRegressor": Allowed(BaggingRegressor, Reading.FILLED),
    "sklearn.tree.DecisionTreeRegressor": _tree(DecisionTreeRegressor),
    "sklearn.neighbors.KNeighborsRegressor": Allowed(
        KNeighborsRegressor,
        Reading.SCALED,
        {"algorithm": "brute"},
        dense=True,
        ours=_OURS | {"algorithm", "metric_params"},
    ),
    "sklearn.neural_network.MLPRegressor": Allowed(MLPRegressor, Reading.SCALED),
    # SVR is not here: its C code reads as many coefficients as it has support vectors, whatever a
    # file holds.
    "sklearn.svm.LinearSVR": Allowed(LinearSVR, Reading.SCALED, {"max_iter": 10_000}),
    "sklearn.dummy.DummyRegressor": Allowed(DummyRegressor, Reading.FILLED),
    **{name: _of_another_library(booster) for name, booster in BOOSTERS.items()},
}
