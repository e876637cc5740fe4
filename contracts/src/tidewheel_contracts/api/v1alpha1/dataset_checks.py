"""What cleaned rows must be like before they become a snapshot."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, Count, DecimalText, Words, rules
from tidewheel_contracts.api.v1alpha1.dataset_steps import ColumnKind

__all__ = ["Checks", "ColumnCheck", "OnFailure", "Share"]

Share = Annotated[
    str,
    Field(max_length=12, pattern=r"^(0([.][0-9]{1,10})?|1([.]0{1,10})?)$"),
    Words("must be a decimal number from 0 to 1 in quotes, such as '0.05'"),
]


class OnFailure(StrEnum):
    """What becomes of rows that fail a check of their own."""

    STOP = "Stop"  # no snapshot is made
    QUARANTINE = "Quarantine"  # they go to a file of their own, the others to the snapshot


class ColumnCheck(ApiModel):
    """What one column must be like."""

    column: Annotated[ColumnName, Field(description="Column that is checked.")]
    type: Annotated[ColumnKind | None, Field(description="Type that it must have.")] = None
    nullable: Annotated[bool, Field(description="Whether a row may lack a value.")] = True
    minimum: Annotated[DecimalText | None, Field(description="Lowest value, such as '0'.")] = None
    maximum: Annotated[DecimalText | None, Field(description="Highest value.")] = None
    allowed: Annotated[
        tuple[Annotated[str, Field(max_length=128)], ...],
        Field(
            max_length=256,
            description="The only values, each read as the column's type.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ] = ()
    pattern: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=512,
            description="Regular expression (RE2) that the whole text must match.",
        ),
    ] = None
    unique: Annotated[bool, Field(description="Whether every value occurs once only.")] = False
    maximum_null_share: Annotated[
        Share | None, Field(description="Highest share of rows without a value, such as '0.05'.")
    ] = None


class Checks(ApiModel):
    """Checks of the cleaned data set; all failures are told at once."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.minimumRows) || !has(self.maximumRows) || self.minimumRows <= "
                "self.maximumRows",
                "`minimumRows` must not be above `maximumRows`",
            )
        )
    )

    columns: Annotated[
        tuple[ColumnCheck, ...],
        Field(
            max_length=256,
            description="Checks of columns.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["column"],
            },
        ),
    ] = ()
    minimum_rows: Annotated[Count | None, Field(description="Fewest rows.")] = None
    maximum_rows: Annotated[Count | None, Field(description="Most rows.")] = None
    maximum_age_seconds: Annotated[
        int | None,
        Field(ge=60, le=315_360_000, description="Highest age of the newest value of `time`."),
    ] = None
    on_failure: Annotated[
        OnFailure,
        Field(
            description="What becomes of rows that break `nullable`, `minimum`, `maximum`, "
            "`allowed` or `pattern`; the other checks always stop."
        ),
    ] = OnFailure.STOP
