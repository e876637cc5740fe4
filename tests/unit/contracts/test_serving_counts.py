"""Counts of servers add up exactly, and only where they mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidewheel_contracts.serving_counts import (
    Counts,
    DurationCounts,
    FeatureCounts,
    InferenceDurations,
    PredictionCounts,
    RequestCount,
    added,
)

DIGEST = "sha256:" + "a" * 64
BOUNDS = (100, 1000)
NUMBERS = st.integers(0, 2**53)
TRIPLES = st.tuples(NUMBERS, NUMBERS, NUMBERS)


def _durations(counts: tuple[int, int, int]) -> DurationCounts:
    return DurationCounts(counts=counts, sum_nanoseconds=sum(counts))


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    codes = draw(st.lists(st.sampled_from([200, 400, 503]), unique=True))
    return Counts(
        profile_digest=DIGEST,
        bounds_nanoseconds=BOUNDS,
        requests=tuple(
            RequestCount(endpoint="infer", code=code, count=draw(NUMBERS)) for code in sorted(codes)
        ),
        inferences=tuple(
            InferenceDurations(
                code=code,
                request=_durations(draw(TRIPLES)),
                queue=_durations(draw(TRIPLES)),
                model=_durations(draw(TRIPLES)),
            )
            for code in sorted(codes)
        ),
        rows=draw(NUMBERS),
        counted_rows=draw(NUMBERS),
        dropped_rows=draw(NUMBERS),
        features=(
            FeatureCounts(
                name="delay",
                missing=draw(NUMBERS),
                below=draw(NUMBERS),
                bins=draw(TRIPLES),
                above=draw(NUMBERS),
                other=draw(NUMBERS),
            ),
        ),
        # Whole numbers, whose sums are exact in floating point too.
        prediction=PredictionCounts(
            below=draw(NUMBERS),
            bins=draw(TRIPLES),
            above=draw(NUMBERS),
            value_sum=draw(st.integers(0, 2**40)),
        ),
    )


@given(first=counts(), second=counts(), third=counts())
def test_order_in_which_replicas_are_added_does_not_matter(
    first: Counts, second: Counts, third: Counts
) -> None:
    assert added(first, second) == added(second, first)
    assert added(added(first, second), third) == added(first, added(second, third))


@given(only=counts())
def test_server_that_has_just_started_adds_nothing(only: Counts) -> None:
    feature, prediction = only.features[0], only.prediction
    assert prediction is not None
    nothing = Counts(
        profile_digest=DIGEST,
        bounds_nanoseconds=BOUNDS,
        features=(FeatureCounts(name=feature.name, bins=(0, 0, 0)),),
        prediction=PredictionCounts(bins=(0, 0, 0)),
    )

    assert added(only, nothing) == only


def test_every_count_is_added() -> None:
    one = Counts(
        profile_digest=DIGEST,
        bounds_nanoseconds=BOUNDS,
        requests=(RequestCount(endpoint="infer", code=200, count=1),),
        inferences=(
            InferenceDurations(
                code=200,
                request=_durations((1, 2, 3)),
                queue=_durations((4, 5, 6)),
                model=_durations((7, 8, 9)),
            ),
        ),
        rows=10,
        counted_rows=9,
        dropped_rows=1,
        features=(FeatureCounts(name="delay", missing=1, below=2, bins=(3, 4), above=5, other=6),),
        prediction=PredictionCounts(below=1, bins=(2, 3), above=4, value_sum=0.5),
    )

    assert added(one, one) == Counts(
        profile_digest=DIGEST,
        bounds_nanoseconds=BOUNDS,
        requests=(RequestCount(endpoint="infer", code=200, count=2),),
        inferences=(
            InferenceDurations(
                code=200,
                request=DurationCounts(counts=(2, 4, 6), sum_nanoseconds=12),
                queue=DurationCounts(counts=(8, 10, 12), sum_nanoseconds=30),
                model=DurationCounts(counts=(14, 16, 18), sum_nanoseconds=48),
            ),
        ),
        rows=20,
        counted_rows=18,
        dropped_rows=2,
        features=(
            FeatureCounts(name="delay", missing=2, below=4, bins=(6, 8), above=10, other=12),
        ),
        prediction=PredictionCounts(below=2, bins=(4, 6), above=8, value_sum=1.0),
    )


def test_bins_of_two_profiles_are_not_added() -> None:
    first = Counts(profile_digest=DIGEST, bounds_nanoseconds=BOUNDS)
    second = Counts(profile_digest=None, bounds_nanoseconds=BOUNDS)

    with pytest.raises(ValueError, match=f"profile {DIGEST} cannot be added to those of None"):
        added(first, second)
