"""What a model predicts, what candidates are measured by, and what the gate asks of them."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, Count, DecimalText, Words, rules

__all__ = [
    "GATE_RULES",
    "ChangedRecipe",
    "Fairness",
    "Gate",
    "Limits",
    "MetricChoice",
    "MetricName",
    "Slice",
    "Task",
    "Threshold",
]

# A limit that a distance, a share or a duration must keep.
Limit = Annotated[
    str,
    Field(max_length=24, pattern=r"^[0-9]{1,12}(\.[0-9]{1,10})?$"),
    Words("must be a decimal number of at least 0 in quotes, such as '0.05'"),
]
LeastRows = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Task(StrEnum):
    """What a target is taken as."""

    CLASSIFICATION = "Classification"  # one of some classes
    REGRESSION = "Regression"  # a number


class ChangedRecipe(StrEnum):
    """What a recipe of another estimator, other columns or other weights must show."""

    BETTER = "Better"  # that it is better, in two windows in a row
    NOT_WORSE = "NotWorse"  # no more than the champion's own recipe must


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


Thresholds = Annotated[
    tuple[Threshold, ...],
    Field(
        max_length=len(MetricName),
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["metric"],
        },
    ),
]


class Slice(ApiModel):
    """A part of the test rows that the candidate must do well on by itself."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.expression) != has(self.column)",
                "a slice must have exactly one of `expression` and `column`",
            )
        )
    )

    name: Annotated[
        str,
        Field(
            max_length=40,
            pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            description="Name of the slice in status and report.",
        ),
        Words(
            "must be at most 40 characters of a-z, 0-9 and '-', and start and end with a letter "
            "or digit"
        ),
    ]
    expression: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2048,
            description="The rows for which it is true, in DuckDB's SQL, such as 'distance > 900'.",
        ),
    ] = None
    column: Annotated[
        ColumnName | None,
        Field(
            description="One slice for each value of this column, at most 20 of them; the rows of "
            "all others are one more."
        ),
    ] = None
    minimum_rows: Annotated[
        LeastRows,
        Field(description="With fewer test rows a slice is inconclusive, and refuses nothing."),
    ] = 100
    thresholds: Annotated[
        Thresholds, Field(min_length=1, description="What measures must reach on its rows.")
    ]


class Fairness(ApiModel):
    """How far apart the groups of a column may be in one measure."""

    column: Annotated[ColumnName, Field(description="Column whose values are the groups.")]
    metric: Annotated[MetricName, Field(description="Measure.")]
    maximum_difference: Annotated[
        Limit,
        Field(description="Between the best and the worst group it may be this, such as '0.05'."),
    ]
    minimum_rows: Annotated[
        LeastRows, Field(description="Groups with fewer test rows are left out.")
    ] = 100


class Limits(ApiModel):
    """What the published fit may cost."""

    training_seconds: Annotated[
        int | None, Field(ge=1, le=604_800, description="Seconds that fitting it may take.")
    ] = None
    model_bytes: Annotated[
        Count | None, Field(ge=1, description="Bytes that its model file may have.")
    ] = None
    prediction_milliseconds: Annotated[
        Limit | None,
        Field(
            description="Milliseconds that answering one row may take, such as '5': the median "
            "of 31 rows, one after the other, in the training pod."
        ),
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
        Thresholds,
        Field(description="What other measures, or errors, must reach on the test window."),
    ] = ()
    maximum_calibration_gap: Annotated[
        Limit | None,
        Field(
            description="So far may the mean prediction of any class be from its share of the test "
            "window, such as '0.05'."
        ),
    ] = None
    slices: Annotated[
        tuple[Slice, ...],
        Field(
            max_length=16,
            description="Parts of the test window that have thresholds of their own.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    fairness: Annotated[
        tuple[Fairness, ...],
        Field(
            max_length=16,
            description="Columns whose groups must fare alike.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["column"],
            },
        ),
    ] = ()
    limits: Annotated[Limits, Field(description="What the published fit may cost.")] = Limits()
    changed_recipe: Annotated[
        ChangedRecipe,
        Field(
            description="What a candidate of another estimator, other columns or other weights "
            "than the champion's must show: Better, that it is better in two windows in a row; or "
            "NotWorse."
        ),
    ] = ChangedRecipe.BETTER


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
