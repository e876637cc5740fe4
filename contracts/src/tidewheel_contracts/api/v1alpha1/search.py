"""Search: which parameters of a candidate are open, and how trials of them are drawn and shared."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, DecimalText, rules

__all__ = [
    "Choice",
    "Dimension",
    "IntegerRange",
    "NumberRange",
    "Scale",
    "Search",
    "SearchMethod",
]

_MOST_TRIALS = 1000


class SearchMethod(StrEnum):
    """How the trials of a search are drawn."""

    GRID = "Grid"  # every combination of the listed values
    RANDOM = "Random"  # independent draws
    HALVING = "Halving"  # random draws on few rows, the better ones again on more
    TPE = "TPE"  # tree-structured Parzen estimator: draws where earlier trials did well


class Scale(StrEnum):
    """How a range is drawn from."""

    LINEAR = "Linear"
    LOG = "Log"


class Choice(ApiModel):
    """Listed values; an object of its own, for no CEL rule sees a list of any JSON."""

    values: Annotated[
        tuple[Any, ...],
        Field(
            min_length=1,
            max_length=64,
            description="Values to try, any JSON.",
            json_schema_extra={
                # Or no status of a run could be written: each write compares the whole spec.
                "items": {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
                "x-kubernetes-list-type": "atomic",
            },
        ),
    ]


class NumberRange(ApiModel):
    """Real numbers between two bounds."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("double(self.low) < double(self.high)", "`low` must be less than `high`"),
            (
                "!has(self.scale) || self.scale != 'Log' || double(self.low) > 0.0",
                "`low` must be above 0 where `scale` is 'Log'",
            ),
        )
    )

    low: Annotated[DecimalText, Field(description="Lowest value, such as '0.01'.")]
    high: Annotated[DecimalText, Field(description="Highest value, such as '0.3'.")]
    scale: Annotated[
        Scale, Field(description="Log draws each order of magnitude as often; `low` is above 0.")
    ] = Scale.LINEAR


class IntegerRange(ApiModel):
    """Whole numbers between two bounds, both included."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.low < self.high", "`low` must be less than `high`"),
            (
                "!has(self.scale) || self.scale != 'Log' || self.low > 0",
                "`low` must be above 0 where `scale` is 'Log'",
            ),
        )
    )

    low: Annotated[int, Field(ge=-(2**31), le=2**31 - 1, description="Lowest value.")]
    high: Annotated[int, Field(ge=-(2**31), le=2**31 - 1, description="Highest value.")]
    scale: Annotated[
        Scale, Field(description="Log draws each order of magnitude as often; `low` is above 0.")
    ] = Scale.LINEAR


class Dimension(ApiModel):
    """One open parameter of an estimator: listed values, or a range."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "[has(self.choice), has(self.number), has(self.integer)].filter(x, x).size() == 1",
                "a dimension must have exactly one of `choice`, `number` and `integer`",
            )
        )
    )

    parameter: Annotated[
        str,
        Field(
            min_length=1,
            max_length=64,
            description="Constructor parameter of the candidate's estimator.",
        ),
    ]
    choice: Annotated[Choice | None, Field(description="Listed values.")] = None
    number: Annotated[NumberRange | None, Field(description="Range of real numbers.")] = None
    integer: Annotated[IntegerRange | None, Field(description="Range of whole numbers.")] = None


class Search(ApiModel):
    """How many trials of the candidates are run, how they are drawn, and over how many pods."""

    method: Annotated[SearchMethod, Field(description="How trials are drawn.")] = (
        SearchMethod.RANDOM
    )
    trials: Annotated[
        int,
        Field(
            ge=1,
            le=_MOST_TRIALS,
            description="Trials of all candidates together; Grid refuses more combinations.",
        ),
    ] = 32
    max_seconds: Annotated[
        int | None,
        Field(ge=10, le=604_800, description="No trial begins so long after its pod began."),
    ] = None
    folds: Annotated[
        int | None,
        Field(
            ge=2,
            le=10,
            description="Judge a trial by cross-validation over so many blocks of the rows before "
            "the test window, in order of time where there is one, instead of by one validation "
            "window.",
        ),
    ] = None
    parallelism: Annotated[
        int,
        Field(ge=1, le=64, description="Pods that share the trials; each asks for `resources`."),
    ] = 2
