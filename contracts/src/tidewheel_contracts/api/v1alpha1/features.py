"""Which columns a model learns from, and what each row weighs while it learns."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, rules

__all__ = ["WEIGHTS_RULES", "ClassWeights", "Direction", "Features", "Monotonic", "Weights"]


class Direction(StrEnum):
    """How the answer may move when a feature grows and nothing else does."""

    INCREASING = "Increasing"
    DECREASING = "Decreasing"


class Monotonic(ApiModel):
    """A numeric feature in which the answer only rises or only falls."""

    column: Annotated[ColumnName, Field(description="Column read as a number.")]
    direction: Annotated[
        Direction,
        Field(
            description="Increasing: where the column is larger, the predicted number or the "
            "probability of the second class is never smaller."
        ),
    ]


class Features(ApiModel):
    """Which columns a model learns from; what is not named is found from the snapshot's schema."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!sets.intersects(self.numeric, self.categorical)",
                "a column must not be named in both `numeric` and `categorical`",
            ),
            (
                "!sets.intersects(self.text, self.numeric) && "
                "!sets.intersects(self.text, self.categorical)",
                "a column of `text` must not be named in `numeric` or `categorical` too",
            ),
            (
                "!sets.intersects(self.dates, self.numeric) && "
                "!sets.intersects(self.dates, self.categorical) && "
                "!sets.intersects(self.dates, self.text)",
                "a column of `dates` must not be named in `numeric`, `categorical` or `text` too",
            ),
            (
                "self.monotonic.all(each, !(each.column in self.categorical))",
                "a column of `monotonic` must be numeric and not be named in `categorical`",
            ),
            (
                "self.numeric.size() == 0 || self.monotonic.all(each, each.column in self.numeric)",
                "a column of `monotonic` must be named in `numeric` too, where any column is",
            ),
        )
    )

    numeric: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=512,
            description="Columns read as numbers.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()
    categorical: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=512,
            description="Columns read as categories.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()
    text: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=16,
            description="Columns of text that are read by their words; never found by themselves.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()
    dates: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=32,
            description="Columns of dates, timestamps or text in ISO 8601 that are read by their "
            "parts, such as month and weekday.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()
    monotonic: Annotated[
        tuple[Monotonic, ...],
        Field(
            max_length=64,
            description="Numeric columns in which the answer only rises or only falls.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["column"],
            },
        ),
    ] = ()


class ClassWeights(StrEnum):
    """How classes of different size are weighed against each other."""

    BALANCED = "Balanced"  # each class weighs the same in all


class Weights(ApiModel):
    """What each row weighs in every fit; both together multiply. Measures count rows alike."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.classes) || has(self.column)",
                "`weights` must have `classes`, `column` or both",
            )
        )
    )

    classes: Annotated[
        ClassWeights | None,
        Field(description="Balanced: the rows of each class weigh the same in all."),
    ] = None
    column: Annotated[
        ColumnName | None,
        Field(description="Column of numbers that are the rows' weights; it is no feature."),
    ] = None


# Rules between `features` and `weights`, for whatever has both.
WEIGHTS_RULES = (
    (
        "!has(self.weights) || !has(self.weights.column) || "
        "!(self.weights.column in self.features.numeric || "
        "self.weights.column in self.features.categorical || "
        "self.weights.column in self.features.text || "
        "self.weights.column in self.features.dates)",
        "`weights.column` must not be named in `features` too",
    ),
)
