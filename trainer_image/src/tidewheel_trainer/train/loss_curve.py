"""The loss of a fit on what it learned, after each of its iterations, where scikit-learn keeps it.

It keeps none of histogram boosting without early stopping, which is how such a candidate is fitted
unless its parameters ask otherwise, and none of the linear models.
"""

import numpy as np
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.run_progress import Curve, CurveOf
from tidewheel_trainer.curves import curve

__all__ = ["loss_curve"]


def loss_curve(model: Pipeline) -> Curve | None:
    """Return the training loss of a fitted pipeline by iteration, or None where it is not kept."""
    losses = _losses(model.named_steps["estimator"])
    return curve(CurveOf.TRAINING_LOSS, losses.tolist())


def _losses(learner: object) -> np.ndarray:
    if isinstance(learner, MLPClassifier | MLPRegressor):
        return np.asarray(getattr(learner, "loss_curve_", ()))
    if isinstance(learner, GradientBoostingClassifier | GradientBoostingRegressor):
        return np.asarray(learner.train_score_)
    if isinstance(learner, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        # As a score, the higher the better; of another metric than the loss it is no loss.
        return -np.asarray(learner.train_score_) if learner.scoring == "loss" else np.empty(0)
    return np.empty(0)
