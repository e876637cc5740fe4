"""The estimators that a candidate may name: a reviewed list, for scikit-learn 1.9.

A class is on it when it gives probabilities, when equal fits give equal bytes, and when the parts
of its fitted form stand the review of `trusted_types`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

__all__ = ["ALLOWED", "BOOSTING", "FOREST", "LOGISTIC", "Allowed", "Reading"]

LOGISTIC = "sklearn.linear_model.LogisticRegression"
FOREST = "sklearn.ensemble.RandomForestClassifier"
BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"

_OURS = frozenset({"random_state", "n_jobs", "verbose", "warm_start"})


class Reading(Enum):
    """What an estimator needs of its columns."""

    AS_THEY_ARE = "as they are"  # it takes missing values, and categories as codes
    FILLED = "filled"  # it takes categories as codes, but no missing values
    SCALED = "scaled"  # distances and weights need one scale, and a column for each category


@dataclass(frozen=True, slots=True)
class Allowed:
    """A class, what it reads, what we set unless the user does, and the parameters that are ours.

    `threads` tells that it takes `n_jobs`; the thread count belongs to the run, as the seed does.
    """

    build: type[BaseEstimator]
    reading: Reading
    defaults: Mapping[str, Any] = field(default_factory=dict)
    threads: bool = False
    ours: frozenset[str] = _OURS


ALLOWED: Mapping[str, Allowed] = {
    # scikit-learn's 100 steps do not reach the optimum with a few hundred one-hot columns.
    LOGISTIC: Allowed(LogisticRegression, Reading.SCALED, {"max_iter": 1000}),
    # Its default loss is a support vector machine's, which knows no probabilities.
    "sklearn.linear_model.SGDClassifier": Allowed(
        SGDClassifier, Reading.SCALED, {"loss": "log_loss"}, threads=True
    ),
    FOREST: Allowed(RandomForestClassifier, Reading.AS_THEY_ARE, threads=True),
    "sklearn.ensemble.ExtraTreesClassifier": Allowed(
        ExtraTreesClassifier, Reading.AS_THEY_ARE, threads=True
    ),
    # Its early stopping holds out random rows, whose score says little in a set ordered by time.
    BOOSTING: Allowed(
        HistGradientBoostingClassifier, Reading.AS_THEY_ARE, {"early_stopping": False}
    ),
    "sklearn.ensemble.GradientBoostingClassifier": Allowed(
        GradientBoostingClassifier, Reading.FILLED
    ),
    "sklearn.ensemble.AdaBoostClassifier": Allowed(AdaBoostClassifier, Reading.FILLED),
    "sklearn.ensemble.BaggingClassifier": Allowed(BaggingClassifier, Reading.FILLED, threads=True),
    "sklearn.tree.DecisionTreeClassifier": Allowed(DecisionTreeClassifier, Reading.AS_THEY_ARE),
    # Search trees in a file are memory that nobody can check.
    "sklearn.neighbors.KNeighborsClassifier": Allowed(
        KNeighborsClassifier,
        Reading.SCALED,
        {"algorithm": "brute"},
        threads=True,
        ours=_OURS | {"algorithm", "metric_params"},
    ),
    "sklearn.naive_bayes.GaussianNB": Allowed(GaussianNB, Reading.SCALED),
    "sklearn.naive_bayes.BernoulliNB": Allowed(BernoulliNB, Reading.SCALED),
    "sklearn.neural_network.MLPClassifier": Allowed(MLPClassifier, Reading.SCALED),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Allowed(
        LinearDiscriminantAnalysis, Reading.SCALED
    ),
}
