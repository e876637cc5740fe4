"""What the rows of a snapshot are like, column by column; the same snapshot gives the same bytes.

It lies beside the snapshot's manifest. Counts are of all rows. Texts are told apart, and shown, by
their first 200 characters.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = [
    "PROTOCOL",
    "QUANTILES",
    "ColumnGroup",
    "ColumnProfile",
    "Histogram",
    "Period",
    "PeriodRows",
    "SnapshotProfile",
    "ValueRows",
]

PROTOCOL = 1

# The shares of rows below each number of `ColumnProfile.quantiles`.
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)

Rows = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class ColumnGroup(StrEnum):
    """What can be told of a column; of the last group only missing values are."""

    NUMBER = "Number"
    BOOLEAN = "Boolean"
    TEXT = "Text"
    TIME = "Time"
    OTHER = "Other"


class Period(StrEnum):
    """How long the periods are in which rows are counted."""

    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"
    YEAR = "Year"
    DECADE = "Decade"
    CENTURY = "Century"


class ValueRows(_Frozen):
    """One value as text, and how many rows have it."""

    value: str
    rows: Rows


class Histogram(_Frozen):
    """Rows in bins whose edges are quantiles of rows that a model may learn.

    Bin i holds edges[i] < value <= edges[i + 1], the first one its lower end too. Rows outside of
    all bins are counted as well, so that the counts add up.
    """

    edges: tuple[float, ...]
    rows: tuple[Rows, ...]
    below: Rows = 0
    above: Rows = 0


class ColumnProfile(_Frozen):
    """One column.

    `nan` and `infinite` are no nulls and no part of minimum, mean, quantiles and histogram. Minimum
    and maximum are exact, as text. Values are listed by their rows, most first, twenty at most.
    """

    name: str
    type: str
    group: ColumnGroup
    nulls: Rows
    nan: Rows = 0
    infinite: Rows = 0
    distinct: Rows | None = None
    distinct_is_estimate: bool = False
    minimum: str | None = None
    maximum: str | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[float, ...] = ()
    histogram: Histogram | None = None
    values: tuple[ValueRows, ...] = ()


class PeriodRows(_Frozen):
    """How many rows, and how many of them with a target, lie in a period that begins there."""

    begins: str
    rows: Rows
    labelled_rows: Rows


class SnapshotProfile(_Frozen):
    """The whole profile.

    Quantiles and edges, and the choice of the values that are listed, come from `sample_rows` rows
    that are spread evenly over the snapshot: from all of them when there are few.
    """

    protocol: int = PROTOCOL
    rows: Rows
    sample_rows: Rows
    # Columns of the snapshot; of a very wide one only the first are profiled.
    column_count: Rows
    target: str
    time: str | None = None
    columns: tuple[ColumnProfile, ...]
    period: Period | None = None
    periods: tuple[PeriodRows, ...] = ()
