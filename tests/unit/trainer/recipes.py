"""Recipes of every estimator, small enough to be fitted in a moment."""

from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_trainer.train.boosters import BOOSTER_NAMES
from tidewheel_trainer.train.estimator_list import BOOSTING, FOREST
from tidewheel_trainer.train.estimators import checked_parameters

__all__ = ["BOOSTED", "LEARNS_NOTHING", "NETWORK", "NUMBER_BOOSTED", "SMALL", "recipe_of"]

BOOSTED = "sklearn.ensemble.GradientBoostingClassifier"
NETWORK = "sklearn.neural_network.MLPClassifier"
NUMBER_BOOSTED = "sklearn.ensemble.GradientBoostingRegressor"
# They learn nothing from any column.
LEARNS_NOTHING = ("sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor")
SMALL: dict[str, dict[str, Any]] = {
    BOOSTING: {"max_iter": 5, "max_features": 0.5},
    FOREST: {"n_estimators": 3},
    "sklearn.ensemble.ExtraTreesClassifier": {"n_estimators": 3},
    BOOSTED: {"n_estimators": 3, "subsample": 0.5},
    "sklearn.ensemble.AdaBoostClassifier": {"n_estimators": 3},
    "sklearn.ensemble.BaggingClassifier": {"n_estimators": 3, "max_features": 0.7},
    NETWORK: {"hidden_layer_sizes": [4, 3], "max_iter": 3000},
    "sklearn.ensemble.HistGradientBoostingRegressor": {"max_iter": 5, "max_features": 0.5},
    "sklearn.ensemble.RandomForestRegressor": {"n_estimators": 3},
    "sklearn.ensemble.ExtraTreesRegressor": {"n_estimators": 3},
    NUMBER_BOOSTED: {"n_estimators": 3, "subsample": 0.5},
    "sklearn.ensemble.AdaBoostRegressor": {"n_estimators": 3},
    "sklearn.ensemble.BaggingRegressor": {"n_estimators": 3, "max_features": 0.7},
    "sklearn.neural_network.MLPRegressor": {"hidden_layer_sizes": [4, 3], "max_iter": 3000},
    **{name: {"n_estimators": 5, "subsample": 0.5} for name in BOOSTER_NAMES},
}


def recipe_of(
    estimator: str,
    parameters: dict[str, Any],
    *,
    numeric: tuple[str, ...],
    categorical: tuple[str, ...],
    text: tuple[str, ...] = (),
    dates: tuple[str, ...] = (),
) -> Recipe:
    """Return a candidate's recipe, as a run makes it."""
    candidate = Candidate(name="one", estimator=estimator, parameters=parameters)
    return Recipe(
        candidate="one",
        estimator=estimator,
        parameters=checked_parameters(candidate),
        numeric=numeric,
        categorical=categorical,
        text=text,
        dates=dates,
        target="late",
        time=None,
        seed=7,
    )
