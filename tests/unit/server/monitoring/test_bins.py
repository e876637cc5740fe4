"""Values are counted into the bins of the profile, each exactly once."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidewheel_contracts.artifact.profile import CategoryShare, FeatureProfile
from tidewheel_contracts.serving_counts import FeatureCounts
from tidewheel_server.monitoring.bins import number_bins, texts_bins

NUMBERS = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, 1.0, 2.0, math.inf, -math.inf, math.nan])
)
EDGES = st.lists(
    st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=11, unique=True
).map(sorted)


def numeric(**fields: Any) -> FeatureProfile:
    return FeatureProfile(name="delay", kind="Numeric", missing_share=0, **fields)


def categorical(*texts: str) -> FeatureProfile:
    return FeatureProfile(
        name="carrier",
        kind="Categorical",
        missing_share=0,
        categories=tuple(CategoryShare(value=text, share=0.1) for text in texts),
    )


def counted(feature: FeatureProfile, *parts: Sequence[float | None]) -> FeatureCounts:
    """Return the counts of a column of numbers that came in parts."""
    bins = number_bins(feature)
    for part in parts:
        bins.count(np.array([math.nan if value is None else value for value in part]))
    return bins.counts()


def counted_texts(feature: FeatureProfile, *texts: str | None) -> FeatureCounts:
    """Return the counts of a column of text."""
    bins = texts_bins(feature)
    bins.count(texts)
    return bins.counts()


def in_quantile_bin(edges: list[float], place: int, value: float) -> bool:
    """Tell by the words of the profile whether a value is in a bin."""
    if len(edges) == 1:
        return value == edges[0]
    is_last = place == len(edges) - 2
    low, high = edges[place], edges[place + 1]
    return low <= value < high or (is_last and value == high)


@given(edges=EDGES, values=st.lists(NUMBERS, max_size=50), cut=st.integers(0, 50))
def test_quantile_bins_hold_what_the_profile_says(
    edges: list[float], values: list[float], cut: int
) -> None:
    feature = numeric(edges=tuple(edges))

    assert counted(feature, values[:cut], values[cut:]) == FeatureCounts(
        name="delay",
        missing=sum(math.isnan(value) for value in values),
        below=sum(value < edges[0] for value in values),
        bins=tuple(
            sum(in_quantile_bin(edges, place, value) for value in values)
            for place in range(max(1, len(edges) - 1))
        ),
        above=sum(value > edges[-1] for value in values),
    )


@given(known=EDGES, values=st.lists(NUMBERS, max_size=50))
def test_distinct_values_are_told_from_what_lies_between(
    known: list[float], values: list[float]
) -> None:
    feature = numeric(values=tuple(known))

    assert counted(feature, values) == FeatureCounts(
        name="delay",
        missing=sum(math.isnan(value) for value in values),
        below=sum(value < known[0] for value in values),
        bins=tuple(values.count(value) for value in known),
        above=sum(value > known[-1] for value in values),
        other=sum(known[0] < value < known[-1] and value not in known for value in values),
    )


def test_column_without_any_training_value_has_other_and_missing_only() -> None:
    assert counted(numeric(), [1.0, None, -3.0]) == FeatureCounts(name="delay", missing=1, other=2)


def test_categories_are_told_from_missing_and_from_unseen_ones() -> None:
    feature = categorical("UA", "AA", "DL")

    assert counted_texts(feature, "UA", "AA", None, "UA", "", "never seen") == FeatureCounts(
        name="carrier", missing=1, bins=(2, 1, 0), other=2
    )


def test_categories_that_are_numbers_have_no_order() -> None:
    feature = categorical("3.0", "1.0")

    assert counted(feature, [3.0, 1.0, 3.0, 2.0, None, 9.0, -1.0]) == FeatureCounts(
        name="carrier", missing=1, bins=(2, 1), other=3
    )


def test_column_of_rare_categories_alone_has_other_and_missing_only() -> None:
    assert counted(categorical(), [3.0, None]) == FeatureCounts(name="carrier", missing=1, other=1)
    assert counted_texts(categorical(), "a", None) == FeatureCounts(
        name="carrier", missing=1, other=1
    )


def test_flood_of_unseen_categories_leaves_one_count() -> None:
    texts = [f"new {number}" for number in range(5000)]

    assert counted_texts(categorical("UA"), *texts) == FeatureCounts(
        name="carrier", bins=(0,), other=5000
    )


def test_text_is_there_or_missing() -> None:
    feature = FeatureProfile(name="remark", kind="Text", missing_share=0.5)

    assert counted_texts(feature, "late", None, "") == FeatureCounts(
        name="remark", missing=1, other=2
    )


def test_dates_are_counted_by_their_day_in_utc() -> None:
    feature = FeatureProfile(name="booked", kind="Date", missing_share=0, values=(0.0, 2.0))

    assert counted_texts(
        feature,
        "1970-01-01",
        "1970-01-02T23:30:00-01:00",
        "1970-01-02",
        None,
        "1969-12-31",
        "1970-02-01",
    ) == FeatureCounts(name="booked", missing=1, below=1, bins=(1, 1), above=1, other=1)
