"""Which rows a model learns, which choose among candidates, and which test it."""

from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, Words, rules

__all__ = ["ColumnSplit", "HashSplit", "Split", "TimeSplit"]

PartShare = Annotated[
    str,
    Field(max_length=6, pattern=r"^0[.](0[1-9]|[1-4][0-9]?|50?)$"),
    Words("must be a decimal number from 0.01 to 0.5 in quotes, such as '0.2'"),
]


class TimeSplit(ApiModel):
    """The newest rows in whole days test, the newest of the others choose."""

    test_share: Annotated[PartShare, Field(description="Share of rows that test.")] = "0.2"
    validation_share: Annotated[
        PartShare, Field(description="Share of the other rows that choose among candidates.")
    ] = "0.2"


class HashSplit(ApiModel):
    """Rows that agree in the columns lie on one side: a customer never both teaches and tests."""

    columns: Annotated[
        tuple[ColumnName, ...],
        Field(
            min_length=1,
            max_length=16,
            description="Columns that make up the key.",
            json_schema_extra={"x-kubernetes-list-type": "set"},
        ),
    ]
    test_share: Annotated[PartShare, Field(description="Share of keys that test.")] = "0.2"
    validation_share: Annotated[
        PartShare, Field(description="Share of the other keys that choose among candidates.")
    ] = "0.2"


class ColumnSplit(ApiModel):
    """A column says of each row what it is for; the column is never a feature."""

    name: Annotated[ColumnName, Field(description="Column of texts.")]
    train: Annotated[str, Field(max_length=64, description="Text of rows to learn.")] = "train"
    validation: Annotated[
        str, Field(max_length=64, description="Text of rows that choose among candidates.")
    ] = "validation"
    test: Annotated[str, Field(max_length=64, description="Text of rows that test.")] = "test"


class Split(ApiModel):
    """Exactly one way to split."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.time), has(self.hash), has(self.column)].filter(x, x).size() == 1",
                "exactly one of `time`, `hash` and `column` must be given",
            )
        )
    )

    time: Annotated[TimeSplit | None, Field(description="By the time column.")] = None
    hash: Annotated[HashSplit | None, Field(description="By a hash of a key.")] = None
    column: Annotated[ColumnSplit | None, Field(description="By a column.")] = None
