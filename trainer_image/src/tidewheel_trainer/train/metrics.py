"""Measures of a trial as decimal text, each with the fit it belongs to; pure."""

from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.common import Metric
from tidewheel_trainer.train.auc import auc
from tidewheel_trainer.train.outcome import Trial

__all__ = ["metrics_document", "trial_metrics"]

# A probability of 0 or 1 would make the logarithm infinite for one wrong row.
_CLOSEST_TO_CERTAIN = 1e-15


def trial_metrics(trial: Trial) -> tuple[Metric, ...]:
    """Return the measures of candidate and champion on the test rows."""
    metrics = _scores(trial.positive, trial.probabilities, "Candidate")
    metrics.append(_metric("base_rate", float(np.mean(trial.positive)), "Candidate"))
    if trial.compared is not None:
        metrics.append(_metric("roc_auc_difference", trial.compared.difference, "Candidate"))
        error = trial.compared.standard_error
        metrics.append(_metric("roc_auc_standard_error", error, "Candidate"))
    if trial.champion_probabilities is not None:
        metrics += _scores(trial.positive, trial.champion_probabilities, "Champion")
    return tuple(metrics)


def metrics_document(trial: Trial) -> dict[str, Any]:
    """Return the content of metrics.json: everything measured, and what the gate made of it."""
    return {
        "protocol": 1,
        "metrics": [metric.to_wire() for metric in trial_metrics(trial)],
        "validation": [
            {"candidate": each.candidate, "rocAuc": each.roc_auc} for each in trial.validations
        ],
        "testWindow": {
            "rows": len(trial.positive),
            "from": trial.test_from,
            "through": trial.test_through,
            "leftOutRows": trial.left_out_rows,
        },
        "gate": {
            "verdict": trial.judgement.verdict,
            "reason": trial.judgement.reason,
            "message": trial.judgement.sentence,
            "comparedWith": trial.compared_with,
            "clusters": trial.compared.clusters if trial.compared else None,
        },
    }


def _scores(positive: np.ndarray, probabilities: np.ndarray, fit: str) -> list[Metric]:
    certain = np.clip(probabilities, _CLOSEST_TO_CERTAIN, 1 - _CLOSEST_TO_CERTAIN)
    log_loss = -np.mean(np.where(positive, np.log(certain), np.log1p(-certain)))
    return [
        _metric("roc_auc", auc(positive, probabilities), fit),
        _metric("log_loss", float(log_loss), fit),
        _metric("brier", float(np.mean((probabilities - positive) ** 2)), fit),
    ]


def _metric(name: str, value: float, fit: str) -> Metric:
    return Metric(name=name, value=f"{value:.6f}", fit=fit)
