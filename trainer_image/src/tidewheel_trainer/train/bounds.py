"""Choose a run's measure and read what its gate asks for: both must fit the target; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.gate import Gate, MetricName, Task, Threshold
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.measures import MEASURES, Measure
from tidewheel_trainer.train.numbers_shown import plain
from tidewheel_trainer.train.target import Target

__all__ = [
    "Bound",
    "asked_bounds",
    "chosen_measure",
    "fitting_measure",
    "refuse_unfitting",
    "threshold_bounds",
]

_DEFAULTS = {
    Task.CLASSIFICATION: MetricName.ROC_AUC,
    Task.REGRESSION: MetricName.MEAN_ABSOLUTE_ERROR,
}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measure must reach on the test rows."""

    measure: Measure
    minimum: float | None = None
    maximum: float | None = None

    def missed(self, value: float) -> str | None:
        """Return in words what was asked for if the value does not reach it."""
        if self.minimum is not None and not value >= self.minimum:
            return f"at least {plain(self.minimum)}"
        if self.maximum is not None and not value <= self.maximum:
            return f"at most {plain(self.maximum)}"
        return None


def chosen_measure(name: MetricName | None, target: Target) -> Measure:
    """Return the measure that candidates are ranked and judged by.

    Raises:
        TrainerError: ParameterInvalid, for a measure of something else than the target.
    """
    return fitting_measure(name or _DEFAULTS[target.task], target, "metric.name")


def asked_bounds(gate: Gate, measure: Measure, target: Target) -> tuple[Bound, ...]:
    """Return all that the gate asks for, the run's own measure first.

    Raises:
        TrainerError: ParameterInvalid, for a measure of something else than the target, or a
            `minimum` of an error.
    """
    bounds = []
    if gate.minimum is not None:
        if not measure.higher_is_better:
            raise _invalid(
                f"`gate.minimum` is for a metric that is better the higher it is, and "
                f"{measure.name} is an error; use `gate.thresholds: [{{metric: {measure.name}, "
                f"maximum: '{gate.minimum}'}}]`"
            )
        bounds.append(Bound(measure, minimum=float(gate.minimum)))
    return (*bounds, *threshold_bounds(gate.thresholds, target, "gate.thresholds"))


def threshold_bounds(
    thresholds: Sequence[Threshold], target: Target, field: str
) -> tuple[Bound, ...]:
    """Return what thresholds ask for; `field` is where they are written.

    Raises:
        TrainerError: ParameterInvalid, for a measure of something else than the target.
    """
    return tuple(
        Bound(
            fitting_measure(each.metric, target, field),
            minimum=None if each.minimum is None else float(each.minimum),
            maximum=None if each.maximum is None else float(each.maximum),
        )
        for each in thresholds
    )


def refuse_unfitting(gate: Gate, target: Target) -> None:
    """Refuse a gate that asks of slices, groups or probabilities what the target has not.

    Raises:
        TrainerError: ParameterInvalid.
    """
    for each in gate.slices:
        threshold_bounds(each.thresholds, target, "gate.slices")
    for each_fairness in gate.fairness:
        fitting_measure(each_fairness.metric, target, "gate.fairness")
    if gate.maximum_calibration_gap is not None and not target.classes:
        raise _invalid(
            "`gate.maximumCalibrationGap` is for probabilities of classes, and the target is a "
            "number (Regression); take it out"
        )


def fitting_measure(name: MetricName, target: Target, field: str) -> Measure:
    """Return a measure of the target; `field` is where its name is written.

    Raises:
        TrainerError: ParameterInvalid, for a measure of something else.
    """
    measure, classes = MEASURES[name], len(target.classes)
    if measure.fits(target.task, classes):
        return measure
    fitting = (each.name for each in MEASURES.values() if each.fits(target.task, classes))
    of_what = f"{'two classes' if measure.two_classes else 'any classes'} (Classification)"
    if measure.task is Task.REGRESSION:
        of_what = "a number (Regression)"
    kind = f"{classes} classes (Classification)" if classes else "a number (Regression)"
    raise _invalid(
        f"`{field}` names {name}, a measure of {of_what}, and the target is {kind}; fitting are "
        f"{', '.join(fitting)}; a target of numbers is taken as the Dataset's `target.task` says"
    )


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)
