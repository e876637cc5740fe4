"""Measures of a trial as decimal text, each with the fit it belongs to; pure."""

from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.common import Metric
from tidewheel_trainer.train.gate.calibration import calibration
from tidewheel_trainer.train.gate_steps import gate_tests_document
from tidewheel_trainer.train.measures import MEASURES, Measure
from tidewheel_trainer.train.numbers_shown import decimal_text
from tidewheel_trainer.train.outcome import Trial, Validation

__all__ = ["all_metrics", "metrics_document", "trial_metrics"]

# As many as a status has room for; metrics.json has all of them.
_METRICS_IN_STATUS = 16


def trial_metrics(trial: Trial) -> tuple[Metric, ...]:
    """Return the measures that a status has room for, the most important ones first."""
    return all_metrics(trial)[:_METRICS_IN_STATUS]


def metrics_document(trial: Trial) -> dict[str, Any]:
    """Return the content of metrics.json: everything measured, and what the gate made of it."""
    return {
        "protocol": 1,
        "metric": trial.measure.name,
        "metrics": [metric.to_wire() for metric in all_metrics(trial)],
        "validation": [_validation(each) for each in trial.validations],
        "testWindow": {
            "rows": len(trial.truth),
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
            "tests": gate_tests_document(trial.decisions),
        },
        "importance": [
            {"column": each.column, "mean": each.mean, "standardDeviation": each.deviation}
            for each in trial.importance.columns
        ],
    }


def all_metrics(trial: Trial) -> tuple[Metric, ...]:
    """Return what was judged by, then all other measures of candidate and champion."""
    first, *others = _measures(trial)
    candidate, champion = trial.answers, trial.champion_answers
    values: list[tuple[str, float, str]] = [
        (first.name, first.function(trial.truth, candidate), "Candidate")
    ]
    if trial.compared is not None:
        values += [
            (f"{first.name}_difference", trial.compared.difference, "Candidate"),
            (f"{first.name}_standard_error", trial.compared.standard_error, "Candidate"),
        ]
    if champion is not None:
        values.append((first.name, first.function(trial.truth, champion), "Champion"))
    values += [(each.name, each.function(trial.truth, candidate), "Candidate") for each in others]
    if len(trial.classes) == 2:
        values.append(("base_rate", float(np.mean(trial.truth)), "Candidate"))
    if champion is not None:
        values += [(each.name, each.function(trial.truth, champion), "Champion") for each in others]
    # Last, because a status has room for the first ones only.
    if trial.classes:
        values += _calibration(trial, candidate, "Candidate")
        if champion is not None:
            values += _calibration(trial, champion, "Champion")
    return tuple(
        Metric(name=name, value=text, fit=fit)
        for name, value, fit in values
        if (text := decimal_text(value)) is not None
    )


def _calibration(trial: Trial, answers: np.ndarray, fit: str) -> list[tuple[str, float, str]]:
    found = calibration(trial.classes, trial.truth, answers)
    return [
        ("expected_calibration_error", found.error, fit),
        ("calibration_gap", found.gap, fit),
    ]


def _validation(validation: Validation) -> dict[str, Any]:
    found: dict[str, Any] = {"candidate": validation.candidate, "score": validation.score}
    if validation.parameters is not None:
        found["parameters"] = validation.parameters
    if validation.note:
        found["note"] = validation.note
    return found


def _measures(trial: Trial) -> list[Measure]:
    """Return the run's own measure, those that are bounded, and all others that fit."""
    task, classes = trial.measure.task, len(trial.classes)
    fitting = [each for each in MEASURES.values() if each.fits(task, classes)]
    ordered = [trial.measure, *(bound.measure for bound in trial.bounds), *fitting]
    return list({each.name: each for each in ordered}.values())
