"""What one model server has counted since its process started: exact, and mergeable by addition.

Whoever reads takes the difference of two readings of one `process`; another process has begun at
zero. Counts of replicas add up where their `profile_digest` is the same, for bins of other profiles
are other bins. What the bins are is said by the profile of that digest, which servers give too.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tidewheel_contracts.api.model import Digest

__all__ = [
    "COUNTS_PATH",
    "PROFILE_PATH",
    "PROTOCOL",
    "Counts",
    "DurationCounts",
    "FeatureCounts",
    "InferenceDurations",
    "PredictionCounts",
    "RequestCount",
    "ServingCounts",
    "added",
]

PROTOCOL = 1

# Outside of /v2 and /v1: no later version of those protocols can mean something else by it.
COUNTS_PATH = "/tidewheel/v1/models/{model}/counts"
PROFILE_PATH = "/tidewheel/v1/models/{model}/profile"

Count = Annotated[int, Field(ge=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class RequestCount(_Frozen):
    """Answered requests of one endpoint and status code."""

    endpoint: str
    code: int
    count: Count


class DurationCounts(_Frozen):
    """A histogram: `counts` has one more element than the bounds, for what took longer.

    An element counts durations of at most its bound that are above the bound before.
    """

    counts: tuple[Count, ...]
    sum_nanoseconds: Count


class InferenceDurations(_Frozen):
    """Durations of the inferences that were answered with one status code.

    `request` is from the complete request to its response, `queue` what of it was spent waiting,
    and `model` what was spent in the engine, which a refused request never reaches.
    """

    code: int
    request: DurationCounts
    queue: DurationCounts
    model: DurationCounts


class FeatureCounts(_Frozen):
    """Rows of one input column; all fields together are all counted rows.

    `bins` are in the order of the profile: quantile bins, or values, or categories. A number that
    is in no bin is `below` the training minimum, `above` the maximum, or, between two of the
    training's values, `other`. A text that is none of the categories is `other`; so is every
    present value of a column that has no bins.
    """

    name: str
    missing: Count = 0
    below: Count = 0
    bins: tuple[Count, ...] = ()
    above: Count = 0
    other: Count = 0


class PredictionCounts(_Frozen):
    """Rows by what was predicted, in the bins of the profile's prediction.

    Of two classes it is the probability of the second one, of a number the number itself; of more
    classes `bins` are the classes, in the order of the manifest. `value_sum` is the sum of the
    probabilities or numbers: the one field that is no integer, so its last digits depend on the
    order of addition.
    """

    below: Count = 0
    bins: tuple[Count, ...] = ()
    above: Count = 0
    value_sum: float = 0.0


class Counts(_Frozen):
    """What adds up over replicas and over restarts.

    `rows` were predicted. `counted_rows` of them are in the bins and `dropped_rows` are not,
    because rows came faster than they could be counted.
    """

    profile_digest: Digest | None = None
    bounds_nanoseconds: tuple[int, ...]
    requests: tuple[RequestCount, ...] = ()
    inferences: tuple[InferenceDurations, ...] = ()
    rows: Count = 0
    counted_rows: Count = 0
    dropped_rows: Count = 0
    features: tuple[FeatureCounts, ...] = ()
    prediction: PredictionCounts | None = None


class ServingCounts(_Frozen):
    """The whole answer of a server: who counted, since when, until when, and what."""

    protocol: int = PROTOCOL
    model_name: str
    version_number: int
    artifact_digest: Digest
    # Drawn at random when the process starts: another one means that counting began anew.
    process: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    started_at: datetime
    counted_at: datetime
    counts: Counts


def added(first: Counts, second: Counts) -> Counts:
    """Return the counts of both.

    Raises:
        ValueError: they are of different profiles or have different bins.
    """
    if first.profile_digest != second.profile_digest:
        raise ValueError(
            f"counts of the profile {first.profile_digest} cannot be added to those of "
            f"{second.profile_digest}"
        )
    if first.bounds_nanoseconds != second.bounds_nanoseconds:
        raise ValueError("counts of different latency bounds cannot be added")
    return Counts(
        profile_digest=first.profile_digest,
        bounds_nanoseconds=first.bounds_nanoseconds,
        requests=_added_requests(first.requests, second.requests),
        inferences=_added_inferences(first.inferences, second.inferences),
        rows=first.rows + second.rows,
        counted_rows=first.counted_rows + second.counted_rows,
        dropped_rows=first.dropped_rows + second.dropped_rows,
        features=tuple(
            _added_feature(one, other)
            for one, other in zip(first.features, second.features, strict=True)
        ),
        prediction=_added_prediction(first.prediction, second.prediction),
    )


def _added_requests(
    first: tuple[RequestCount, ...], second: tuple[RequestCount, ...]
) -> tuple[RequestCount, ...]:
    counts = {(each.endpoint, each.code): each.count for each in first}
    for each in second:
        key = each.endpoint, each.code
        counts[key] = counts.get(key, 0) + each.count
    return tuple(
        RequestCount(endpoint=endpoint, code=code, count=count)
        for (endpoint, code), count in sorted(counts.items())
    )


def _added_inferences(
    first: tuple[InferenceDurations, ...], second: tuple[InferenceDurations, ...]
) -> tuple[InferenceDurations, ...]:
    by_code = {each.code: each for each in first}
    for each in second:
        known = by_code.get(each.code)
        by_code[each.code] = each if known is None else _added_durations(known, each)
    return tuple(by_code[code] for code in sorted(by_code))


def _added_durations(first: InferenceDurations, second: InferenceDurations) -> InferenceDurations:
    def both(one: DurationCounts, other: DurationCounts) -> DurationCounts:
        return DurationCounts(
            counts=_added_bins(one.counts, other.counts),
            sum_nanoseconds=one.sum_nanoseconds + other.sum_nanoseconds,
        )

    return InferenceDurations(
        code=first.code,
        request=both(first.request, second.request),
        queue=both(first.queue, second.queue),
        model=both(first.model, second.model),
    )


def _added_feature(first: FeatureCounts, second: FeatureCounts) -> FeatureCounts:
    if first.name != second.name:
        raise ValueError(f"counts of '{first.name}' cannot be added to those of '{second.name}'")
    return FeatureCounts(
        name=first.name,
        missing=first.missing + second.missing,
        below=first.below + second.below,
        bins=_added_bins(first.bins, second.bins),
        above=first.above + second.above,
        other=first.other + second.other,
    )


def _added_prediction(
    first: PredictionCounts | None, second: PredictionCounts | None
) -> PredictionCounts | None:
    if first is None or second is None:
        return first or second
    return PredictionCounts(
        below=first.below + second.below,
        bins=_added_bins(first.bins, second.bins),
        above=first.above + second.above,
        value_sum=first.value_sum + second.value_sum,
    )


def _added_bins(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(one + other for one, other in zip(first, second, strict=True))
