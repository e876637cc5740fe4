"""What a model predicts, what candidates are measured by, and what the gate asks of them."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, DecimalText, rules

__all__ = ["GATE_RULES", "Gate", "MetricChoice", "MetricName", "Task", "Threshold"]


class Task(StrEnum):
    """What a target is taken as."""

    CLASSIFICATION = "Classification"  # one of some classes
    REGRESSION = "Regression"  # a number


class MetricName(StrEnum):
    """Measures by the names that scikit-learn gives them."""

    ROC_AUC = "roc_auc"
    LOG_LOSS = "log_loss"
    BRIER = "brier"
    AVERAGE_PRECISION = "average_precision"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    F1 = "f1"
    MEAN_ABSOLUTE_ERROR = "mean_absolute_error"
    ROOT_MEAN_SQUARED_ERROR = "root_mean_squared_error"
    R2 = "r2"
    MEDIAN_ABSOLUTE_ERROR = "median_absolute_error"


class MetricChoice(ApiModel):
    """The measure that candidates are ranked and judged by."""

    name: Annotated[
        MetricName | None,
        Field(
            description="Measure. Without it roc_auc for a target of classes, mean_absolute_error "
            "for a number."
        ),
    ] = None


class Threshold(ApiModel):
    """What one measure must reach on the test window."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.minimum) != has(self.maximum)",
                "a threshold must have exactly one of `minimum` and `maximum`",
            )
        )
    )

    metric: Annotated[MetricName, Field(description="Measure.")]
    minimum: Annotated[
        DecimalText | None, Field(description="It must be at least this, such as '0.70'.")
    ] = None
    maximum: Annotated[
        DecimalText | None, Field(description="It must be at most this, such as '0.25'.")
    ] = None


class Gate(ApiModel):
    """What a candidate must reach; not being worse than the champion is always asked."""

    minimum: Annotated[
        DecimalText | None,
        Field(
            description="The run's metric must be at least this on the test window, such as "
            "'0.70'; for an error name a `maximum` in `thresholds`."
        ),
    ] = None
    thresholds: Annotated[
        tuple[Threshold, ...],
        Field(
            max_length=len(MetricName),
            description="What other measures, or errors, must reach on the test window.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["metric"],
            },
        ),
    ] = ()


_ERRORS = (
    MetricName.LOG_LOSS,
    MetricName.BRIER,
    MetricName.MEAN_ABSOLUTE_ERROR,
    MetricName.ROOT_MEAN_SQUARED_ERROR,
    MetricName.MEDIAN_ABSOLUTE_ERROR,
)
# Rules between `metric` and `gate`, for whatever has both.
GATE_RULES = (
    (
        "!has(self.gate.minimum) || !has(self.metric.name) || "
        f"!(self.metric.name in {[str(name) for name in _ERRORS]})",
        "`gate.minimum` must not be given for a metric that is better the lower it is; give "
        "`gate.thresholds` a `maximum` instead",
    ),
)
