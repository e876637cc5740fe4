"""Which columns a model learns from, and what each row weighs while it learns."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, rules

__all__ = ["WEIGHTS_RULES", "ClassWeights", "Features", "Weights"]


class Features(ApiModel):
    """Which columns a model learns from; what is not named is found from the snapshot's schema."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!sets.intersects(self.numeric, self.categorical)",
                "a column must not be named in both `numeric` and `categorical`",
            )
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
        "self.weights.column in self.features.categorical)",
        "`weights.column` must not be named in `features` too",
    ),
)
