"""The training-time statistics of a model's inputs and of its prediction: what drift is told by."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["PROTOCOL", "CategoryShare", "FeatureProfile", "PredictionProfile", "Profile"]

PROTOCOL = 1

Share = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class CategoryShare(_Frozen):
    """One category and its share of all rows."""

    value: str
    share: Share


class FeatureProfile(_Frozen):
    """One input column; shares are of all rows and add up to 1 with `missing_share`.

    A numeric column has either `edges`, the ends of at most ten quantile bins (bin i holds
    edges[i] <= value < edges[i + 1], the last one its upper end too) with one share per bin, or,
    when it takes at most ten values, these `values` with one share each. A categorical column has
    `categories` of at least one per cent, and `other_share` for the rest. A text column has its
    `missing_share` alone. A date is profiled as a number, its whole days since 1970 in
    UTC.
    """

    name: str
    kind: Annotated[str, Field(pattern=r"^(Numeric|Categorical|Text|Date)$")]
    missing_share: Share
    edges: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    shares: tuple[Share, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[CategoryShare, ...] = ()
    other_share: Share = 0.0


class PredictionProfile(_Frozen):
    """What was predicted on rows that the measured fit had not learned.

    Of two classes it is the probability of the second one, of a number the number itself: the mean,
    and quantile bins as of a feature. Of more classes it is the share of rows that each of them was
    the most probable for, in the order of the manifest's classes.
    """

    rows: Annotated[int, Field(ge=0)]
    mean: float | None = None
    edges: tuple[float, ...] = ()
    shares: tuple[Share, ...] = ()
    classes: tuple[CategoryShare, ...] = ()


class Profile(_Frozen):
    """The whole `profile.json`; inputs are profiled on the rows that the published fit learned."""

    protocol: int = PROTOCOL
    rows: Annotated[int, Field(ge=0)]
    features: tuple[FeatureProfile, ...]
    prediction: PredictionProfile
