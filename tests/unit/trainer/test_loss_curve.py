"""The training loss by iteration, of the estimators that keep it."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline

from tidewheel_contracts.api.v1alpha1.run_progress import CurveOf
from tidewheel_trainer.train.loss_curve import loss_curve

ROWS = np.linspace(-1, 1, 200).reshape(-1, 1)
CLASSES = (ROWS[:, 0] > 0.1).astype(int)


def losses(learner: Any, labels: np.ndarray) -> list[float] | None:
    """Return the curve of a fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = Pipeline([("estimator", learner)]).fit(ROWS, labels)
    found = loss_curve(model)
    if found is None:
        return None
    assert found.of is CurveOf.TRAINING_LOSS
    return [float(point.value) for point in found.points]


@pytest.mark.parametrize(
    ("learner", "labels"),
    [
        pytest.param(GradientBoostingRegressor(n_estimators=5), ROWS[:, 0], id="boosting"),
        pytest.param(
            HistGradientBoostingClassifier(
                max_iter=4, early_stopping=True, validation_fraction=None
            ),
            CLASSES,
            id="histogram boosting that stops early",
        ),
        pytest.param(MLPClassifier((4,), max_iter=5, random_state=0), CLASSES, id="a network"),
    ],
)
def test_the_loss_falls_by_iteration(learner: Any, labels: np.ndarray) -> None:
    found = losses(learner, labels)

    assert found is not None
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    assert 0 < found[-1] < found[0]


@pytest.mark.parametrize(
    "learner",
    [
        pytest.param(
            HistGradientBoostingClassifier(max_iter=4, early_stopping=False), id="boosting"
        ),
        pytest.param(
            HistGradientBoostingClassifier(max_iter=4, early_stopping=True, scoring="roc_auc"),
            id="boosting that stops by another metric",
        ),
        pytest.param(LogisticRegression(), id="a linear model"),
    ],
)
def test_a_loss_that_is_not_kept_is_not_told(learner: Any) -> None:
    assert losses(learner, CLASSES) is None
