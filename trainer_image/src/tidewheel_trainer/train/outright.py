"""Measure what the gate asks for outright on the test rows, in the order of the gate."""

import math
from collections.abc import Iterator

import numpy as np

from tidewheel_contracts.api.v1alpha1.gate import Fairness, MetricName, Slice
from tidewheel_trainer.train.bounds import fitting_measure, threshold_bounds
from tidewheel_trainer.train.finite_value import finite_value
from tidewheel_trainer.train.gate.calibration import (
    Ranking,
    calibration,
    calibration_decision,
    recalibrate_note,
)
from tidewheel_trainer.train.gate.comparison import margin
from tidewheel_trainer.train.gate.decision import Decision
from tidewheel_trainer.train.gate.fairness import GroupValue, fairness_decision
from tidewheel_trainer.train.gate.slices import SliceValues, slice_decision
from tidewheel_trainer.train.gate.thresholds import threshold_decisions
from tidewheel_trainer.train.groups import largest_groups
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.measures import MEASURES, Measure

__all__ = ["calibration_note", "outright_decisions"]

_MOST_VALUES = 20
_OTHERS = "(all others)"
# Defined only where rows of more than one class are.
_OF_SEVERAL_CLASSES = frozenset({MetricName.ROC_AUC, MetricName.AVERAGE_PRECISION, MetricName.F1})


def outright_decisions(
    material: Material, test: np.ndarray, truth: np.ndarray, answers: np.ndarray
) -> tuple[Decision, ...]:
    """Return the tests of the candidate by itself.

    Args:
        material: what is asked, and the rows.
        test: which rows test, booleans of shape (n_rows,).
        truth: codes of classes, or numbers, of the test rows.
        answers: of the candidate to the test rows.

    Raises:
        TrainerError: MetricUnavailable, when a metric that the gate bounds cannot be computed.
    """
    bounded = [
        (bound, finite_value(bound.measure, truth, answers, "the candidate"))
        for bound in material.bounds
    ]
    return (
        *threshold_decisions(bounded),
        *_calibration(material, truth, answers),
        *_slices(material, test, truth, answers),
        *(_fairness(each, material, test, truth, answers) for each in material.gate.fairness),
    )


def calibration_note(
    classes: tuple[str, ...], truth: np.ndarray, answers: np.ndarray, champion: np.ndarray | None
) -> str:
    """Return the advice to recalibrate, or nothing.

    The ranking holds when it is no further below the champion's than the margin; without a champion
    when it is better than chance.
    """
    if not classes:
        return ""
    area = MEASURES[MetricName.ROC_AUC]
    least = np.nextafter(0.5, 1)
    if champion is not None:
        before = area.function(truth, champion)
        least = before - margin(area, before)
    ranking = Ranking(area.function(truth, answers), float(least))
    return recalibrate_note(calibration(classes, truth, answers), ranking)


def _calibration(material: Material, truth: np.ndarray, answers: np.ndarray) -> Iterator[Decision]:
    classes, maximum = material.rows.target.classes, material.gate.maximum_calibration_gap
    if classes:
        limit = None if maximum is None else float(maximum)
        yield calibration_decision(calibration(classes, truth, answers), limit)


def _slices(
    material: Material, test: np.ndarray, truth: np.ndarray, answers: np.ndarray
) -> Iterator[Decision]:
    for each in material.gate.slices:
        bounds = threshold_bounds(each.thresholds, material.rows.target, "gate.slices")
        for name, inside in _parts(each, material, test):
            values = [(bound, _value(bound.measure, truth, answers, inside)) for bound in bounds]
            yield slice_decision(SliceValues(name, len(inside), each.minimum_rows, values))


def _parts(asked: Slice, material: Material, test: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the names of a slice's parts and the places of their rows among the test rows."""
    if asked.column is None:
        yield asked.name, np.flatnonzero(material.gate_rows.true_of[asked.name][test])
        return
    found = largest_groups(material.gate_rows.groups[asked.column], test, most=_MOST_VALUES)
    for value, inside in found.named:
        yield f"{asked.name} {value}", inside
    if found.other_values:
        yield f"{asked.name} {_OTHERS}", found.others


def _fairness(
    asked: Fairness, material: Material, test: np.ndarray, truth: np.ndarray, answers: np.ndarray
) -> Decision:
    measure = fitting_measure(asked.metric, material.rows.target, "gate.fairness")
    found = largest_groups(
        material.gate_rows.groups[asked.column], test, least_rows=asked.minimum_rows
    )
    measured = [
        GroupValue(name, len(inside), value)
        for name, inside in found.named
        if (value := _value(measure, truth, answers, inside)) is not None
    ]
    left_out = found.other_values + len(found.named) - len(measured)
    maximum = float(asked.maximum_difference)
    return fairness_decision(asked.column, measure, maximum, measured, left_out)


def _value(
    measure: Measure, truth: np.ndarray, answers: np.ndarray, inside: np.ndarray
) -> float | None:
    """Return a measure of the rows at some places; None where they do not define it."""
    own = truth[inside]
    if not len(own) or (measure.name in _OF_SEVERAL_CLASSES and len(np.unique(own)) < 2):
        return None
    value = measure.function(own, answers[inside])
    return value if math.isfinite(value) else None
