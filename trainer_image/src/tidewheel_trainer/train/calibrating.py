"""Put a classifier's probabilities right by its scores of rows that it has not learned.

Sigmoid: Platt, "Probabilistic outputs for support vector machines", 1999. Isotonic: Zadrozny &
Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002.
Temperature: Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

# `CalibratedClassifierCV.fit` takes folds in order of time only when it keeps a fit of each fold,
# the first of which has learned few rows. Here one fit learns all rows, and is calibrated by the
# scores of the folds' fits.
from sklearn.calibration import CalibratedClassifierCV, _fit_calibrator

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.ensembles import Calibration, CalibrationMethod
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED
from tidewheel_trainer.train.inner_folds import Folds
from tidewheel_trainer.train.threads import one_thread

__all__ = ["calibrated", "refuse_calibration_of_a_number"]


def refuse_calibration_of_a_number(candidates: Iterable[Candidate]) -> None:
    """Refuse to calibrate a regressor.

    Raises:
        TrainerError: ParameterInvalid.
    """
    for candidate in candidates:
        if candidate.calibration and ALLOWED[candidate.estimator].task is Task.REGRESSION:
            short = candidate.estimator.rpartition(".")[2]
            raise TrainerError(
                FailureReason.PARAMETER_INVALID,
                f"candidate {candidate.name!r}: {short} predicts a number, and `calibration` puts "
                "probabilities of classes right; leave it out, or use a classifier",
            )


def calibrated(
    learner: BaseEstimator,
    prepared: Any,  # noqa: ANN401  a dense array or a sparse matrix
    labels: np.ndarray,
    weights: np.ndarray | None,
    folds: Folds,
    asked: Calibration,
) -> CalibratedClassifierCV:
    """Return the fit with probabilities that are put right.

    Args:
        learner: fitted on all rows.
        prepared: the rows after preprocessing, shape (n_rows, n_columns).
        labels: values of the target, shape (n_rows,).
        weights: of the rows, shape (n_rows,); None where all weigh 1.
        folds: which of them are scored by a fit on which others.
        asked: how scores become probabilities.
    """
    scores = []
    for part in folds.parts:
        given = {} if weights is None else {"sample_weight": weights[part.learned]}
        fit = clone(learner).fit(prepared[part.learned], labels[part.learned], **given)
        with one_thread():
            scores.append(_scores(fit, prepared[part.judged]))
    judged = folds.judged
    truth, classes = labels[judged], learner.classes_
    if asked.method is CalibrationMethod.TEMPERATURE:
        truth = np.searchsorted(classes, truth)
    method = str(asked.method).lower()
    model = CalibratedClassifierCV(clone(learner), method=method, ensemble=False)
    model.classes_ = classes
    model.n_features_in_ = learner.n_features_in_
    model.calibrated_classifiers_ = [
        _fit_calibrator(
            learner,
            np.concatenate(scores),
            truth,
            classes,
            method,
            xp=np,
            sample_weight=None if weights is None else weights[judged],
        )
    ]
    return model


def _scores(fit: BaseEstimator, rows: Any) -> np.ndarray:  # noqa: ANN401  dense or sparse
    """Return what a calibrated model looks at, shape (n_rows, n_classes); of two classes one."""
    if hasattr(fit, "decision_function"):
        found = fit.decision_function(rows)
        return np.asarray(found if found.ndim > 1 else found[:, None])
    found = fit.predict_proba(rows)
    return np.asarray(found[:, 1:] if found.shape[1] == 2 else found)
