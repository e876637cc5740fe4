"""How rows are cleaned: steps, done in their order on every new row or on the whole data set."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ColumnName, DecimalText, Words, rules

__all__ = [
    "STEPS_OF_THE_WHOLE",
    "Cast",
    "Clip",
    "ColumnKind",
    "Derive",
    "DropDuplicates",
    "DropNulls",
    "FillNulls",
    "Filter",
    "Rename",
    "Sample",
    "Select",
    "Sql",
    "Step",
    "step_name",
]

Columns = Annotated[
    tuple[ColumnName, ...],
    Field(max_length=512, json_schema_extra={"x-kubernetes-list-type": "set"}),
]
Expression = Annotated[str, Field(min_length=1, max_length=2048)]


class ColumnKind(StrEnum):
    """Types that a column can be made into, or be asked for."""

    BOOLEAN = "Boolean"
    INTEGER = "Integer"  # 64 bits
    DOUBLE = "Double"
    STRING = "String"
    DATE = "Date"
    TIMESTAMP = "Timestamp"  # microseconds; with a zone it is UTC


class DropDuplicates(ApiModel):
    """Keep the first of the rows that agree; over the whole data set."""

    columns: Annotated[
        Columns, Field(description="Columns that must agree; all of them when none is named.")
    ] = ()


class DropNulls(ApiModel):
    """Drop rows without a value in any of the columns; NaN is no value."""

    columns: Annotated[Columns, Field(min_length=1, description="Columns that must have a value.")]


class FillNulls(ApiModel):
    """Put a value where a column has none; NaN is no value."""

    column: Annotated[ColumnName, Field(description="Column to fill.")]
    value: Annotated[
        str, Field(max_length=256, description="Value, read as the column's own type.")
    ]


class Filter(ApiModel):
    """Keep rows for which an expression of DuckDB's SQL is true."""

    expression: Annotated[Expression, Field(description="Condition, such as 'distance > 0'.")]


class Derive(ApiModel):
    """Compute a column, a new one or one that is replaced."""

    column: Annotated[ColumnName, Field(description="Column to write.")]
    expression: Annotated[
        Expression, Field(description="Value in DuckDB's SQL, such as 'price / area'.")
    ]


class Cast(ApiModel):
    """Change a column's type; a value that is none of that type stops the collection."""

    column: Annotated[ColumnName, Field(description="Column to change.")]
    type: Annotated[ColumnKind, Field(description="Its new type.")]


class Rename(ApiModel):
    """Give a column another name."""

    column: Annotated[ColumnName, Field(description="Column to rename.")]
    to: Annotated[ColumnName, Field(description="Its new name.")]


class Select(ApiModel):
    """Keep these columns, in this order."""

    columns: Annotated[Columns, Field(min_length=1, description="Columns to keep.")]


class Sample(ApiModel):
    """Keep a share of the rows, chosen by a hash of their values: equal rows stay or go alike."""

    fraction: Annotated[
        str,
        Field(
            max_length=12,
            pattern=r"^0[.][0-9]{1,10}$",
            description="Share of the rows to keep, such as '0.1'.",
        ),
        Words("must be a decimal number below 1 in quotes, such as '0.1'"),
    ]
    seed: Annotated[
        int, Field(ge=0, le=2_147_483_647, description="Another seed keeps other rows.")
    ] = 0


class Clip(ApiModel):
    """Move values outside of limits to the limit."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.minimum) || has(self.maximum)",
                "`minimum`, `maximum` or both must be given",
            )
        )
    )

    column: Annotated[ColumnName, Field(description="Column of numbers.")]
    minimum: Annotated[DecimalText | None, Field(description="Lowest value, such as '0'.")] = None
    maximum: Annotated[DecimalText | None, Field(description="Highest value.")] = None


class Sql(ApiModel):
    """Replace the whole data set by the answer to a query over the table `input`."""

    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=8192,
            description="A SELECT of DuckDB's SQL that reads the table `input` and nothing else.",
        ),
    ]


_NAMES = (
    "dropDuplicates",
    "dropNulls",
    "fillNulls",
    "filter",
    "derive",
    "cast",
    "rename",
    "select",
    "sample",
    "clip",
    "sql",
)
_ONE_STEP = ", ".join(f"has(self.{name})" for name in _NAMES)


class Step(ApiModel):
    """Exactly one cleaning step."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                f"[{_ONE_STEP}].filter(x, x).size() == 1",
                "each step must be exactly one of " + ", ".join(f"`{name}`" for name in _NAMES),
            )
        )
    )

    drop_duplicates: Annotated[
        DropDuplicates | None, Field(description="Keep the first of equal rows.")
    ] = None
    drop_nulls: Annotated[DropNulls | None, Field(description="Drop rows that lack a value.")] = (
        None
    )
    fill_nulls: Annotated[FillNulls | None, Field(description="Fill what has no value.")] = None
    filter: Annotated[Filter | None, Field(description="Keep rows by a condition.")] = None
    derive: Annotated[Derive | None, Field(description="Compute a column.")] = None
    cast: Annotated[Cast | None, Field(description="Change a column's type.")] = None
    rename: Annotated[Rename | None, Field(description="Rename a column.")] = None
    select: Annotated[Select | None, Field(description="Keep some columns.")] = None
    sample: Annotated[Sample | None, Field(description="Keep a share of the rows.")] = None
    clip: Annotated[Clip | None, Field(description="Move values inside of limits.")] = None
    sql: Annotated[Sql | None, Field(description="Ask the whole data set a query.")] = None


# Their answer for one row depends on other rows, so every part is written anew for them.
STEPS_OF_THE_WHOLE = frozenset({"dropDuplicates", "sql"})


def step_name(step: Step) -> str:
    """Return which step it is, by the name that its field has in YAML."""
    return next(iter(step.to_wire()))
