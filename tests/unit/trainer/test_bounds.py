"""Which measure a run is judged by, and what its gate may ask for."""

from typing import Any

import pytest
from tests.unit.trainer.trainings import target_of

from tidewheel_contracts.api.v1alpha1.gate import Gate, MetricName
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.bounds import Bound, asked_bounds, chosen_measure, refuse_unfitting
from tidewheel_trainer.train.measures import MEASURES
from tidewheel_trainer.train.target import Target

TWO, THREE = target_of(["a", "b"]), target_of(["a", "b", "c"])
NUMBER = target_of([1.5, 2.5])
AUC = MEASURES[MetricName.ROC_AUC]
MAE = MEASURES[MetricName.MEAN_ABSOLUTE_ERROR]


@pytest.mark.parametrize(
    ("name", "target", "chosen"),
    [
        (None, TWO, MetricName.ROC_AUC),
        (None, THREE, MetricName.ROC_AUC),
        (None, NUMBER, MetricName.MEAN_ABSOLUTE_ERROR),
        (MetricName.F1, THREE, MetricName.F1),
    ],
)
def test_the_measure_is_that_of_the_target_unless_one_is_named(
    name: MetricName | None, target: Target, chosen: MetricName
) -> None:
    assert chosen_measure(name, target).name is chosen


@pytest.mark.parametrize(
    ("name", "target", "fault"),
    [
        (
            MetricName.R2,
            TWO,
            "`metric.name` names r2, a measure of a number (Regression), and the target is 2 "
            "classes (Classification); fitting are roc_auc, log_loss, brier, average_precision, "
            "accuracy, balanced_accuracy, f1",
        ),
        (
            MetricName.AVERAGE_PRECISION,
            THREE,
            "`metric.name` names average_precision, a measure of two classes (Classification), and "
            "the target is 3 classes (Classification); fitting are roc_auc, log_loss, brier, "
            "accuracy, balanced_accuracy, f1",
        ),
        (
            MetricName.ACCURACY,
            NUMBER,
            "`metric.name` names accuracy, a measure of any classes (Classification), and the "
            "target is a number (Regression); fitting are mean_absolute_error, "
            "root_mean_squared_error, r2, median_absolute_error",
        ),
    ],
)
def test_a_measure_of_something_else_is_answered_with_those_that_fit(
    name: MetricName, target: Target, fault: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        chosen_measure(name, target)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        f"{fault}; a target of numbers is taken as the Dataset's `target.task` says",
    )


def _gate(**fields: Any) -> Gate:
    return Gate.model_validate(fields)


def test_the_minimum_is_of_the_runs_own_measure_and_comes_first() -> None:
    gate = _gate(
        minimum="0.7",
        thresholds=[{"metric": "log_loss", "maximum": "0.5"}, {"metric": "f1", "minimum": "0.4"}],
    )
    assert asked_bounds(gate, AUC, TWO) == (
        Bound(AUC, minimum=0.7),
        Bound(MEASURES[MetricName.LOG_LOSS], maximum=0.5),
        Bound(MEASURES[MetricName.F1], minimum=0.4),
    )


def test_a_gate_that_asks_for_nothing_has_no_bounds() -> None:
    assert asked_bounds(_gate(), MAE, NUMBER) == ()


def test_the_minimum_of_an_error_is_answered_with_a_maximum() -> None:
    with pytest.raises(TrainerError) as caught:
        asked_bounds(_gate(minimum="12.5"), MAE, NUMBER)
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.PARAMETER_INVALID,
        "`gate.minimum` is for a metric that is better the higher it is, and mean_absolute_error "
        "is an error; use `gate.thresholds: [{metric: mean_absolute_error, maximum: '12.5'}]`",
    )


def test_a_threshold_of_another_task_is_refused() -> None:
    with pytest.raises(TrainerError) as caught:
        asked_bounds(_gate(thresholds=[{"metric": "roc_auc", "minimum": "0.7"}]), MAE, NUMBER)
    assert caught.value.message.startswith(
        "`gate.thresholds` names roc_auc, a measure of any classes (Classification), and the "
        "target is a number (Regression); fitting are mean_absolute_error, "
    )


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (
            _gate(maximum_calibration_gap="0.05"),
            "`gate.maximumCalibrationGap` is for probabilities of classes, and the target is a "
            "number (Regression); take it out",
        ),
        (
            _gate(
                slices=[
                    {"name": "a", "column": "b", "thresholds": [{"metric": "f1", "minimum": "0"}]}
                ]
            ),
            "`gate.slices` names f1, a measure of any classes (Classification), and the target is "
            "a number (Regression); fitting are ",
        ),
        (
            _gate(fairness=[{"column": "b", "metric": "f1", "maximum_difference": "0.1"}]),
            "`gate.fairness` names f1, a measure of any classes (Classification), and the target "
            "is a number (Regression); fitting are ",
        ),
    ],
)
def test_a_gate_that_asks_a_number_for_what_classes_have_is_refused(
    gate: Gate, message: str
) -> None:
    with pytest.raises(TrainerError) as caught:
        refuse_unfitting(gate, NUMBER)
    assert caught.value.reason is FailureReason.PARAMETER_INVALID
    assert caught.value.message.startswith(message)


def test_a_gate_that_fits_is_not_refused() -> None:
    refuse_unfitting(_gate(maximum_calibration_gap="0.05"), THREE)
    refuse_unfitting(_gate(), NUMBER)
