"""Counts values into the bins of a training profile; every count is exact.

All numbers go through `bin_counts`, so that another way to count needs to replace nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.artifact.profile import FeatureProfile
from tidewheel_contracts.serving_counts import FeatureCounts

__all__ = [
    "NumberBins",
    "Texts",
    "TextsBins",
    "bin_counts",
    "boundaries_of",
    "number_bins",
    "texts_bins",
]

Numbers = NDArray[np.float64]
Texts = Sequence[str | None]


def bin_counts(boundaries: Numbers, values: Numbers) -> NDArray[np.int64]:
    """Return how many values are missing, and how many each half-open interval holds.

    Comparing with every boundary is three times as fast as a binary search, whose branches no
    processor foresees.

    Args:
        boundaries: ascending, shape (n,).
        values: of any shape (m,), NaN where one is missing; infinite ones count too.

    Returns:
        Shape (n + 2,): what is missing, what is less than all boundaries, then element i + 1 is
        boundaries[i - 1] <= value < boundaries[i], and at last what is at least the last boundary.
    """
    at_least = np.zeros(len(boundaries) + 3, dtype=np.int64)
    at_least[0] = len(values)
    at_least[1] = len(values) - np.count_nonzero(np.isnan(values))
    at_least[2:-1] = np.count_nonzero(values >= boundaries[:, np.newaxis], axis=1)
    counts: NDArray[np.int64] = at_least[:-1] - at_least[1:]
    return counts


def boundaries_of(edges: Sequence[float]) -> Numbers:
    """Return the boundaries of quantile bins; the last bin holds its upper end too."""
    if not edges:
        return np.empty(0)
    inner = edges[:-1] if len(edges) > 1 else edges
    return np.array([*inner, np.nextafter(edges[-1], np.inf)])


class TextsBins(Protocol):
    """The counts of one input column that comes as text."""

    def count(self, texts: Texts) -> None:
        """Count the values of some rows."""

    def counts(self) -> FeatureCounts:
        """Return everything counted so far."""


def texts_bins(feature: FeatureProfile) -> TextsBins:
    """Return empty counts of a column of text."""
    if feature.kind == "Categorical":
        return _CategoryBins(feature)
    return _DateBins(feature) if feature.kind == "Date" else _TextBins(feature.name)


def number_bins(feature: FeatureProfile) -> "NumberBins":
    """Return empty counts of a column of numbers."""
    if feature.kind == "Categorical":
        return NumberBins(feature.name, _NumberCategories(feature))
    layout = _Values(feature.values) if feature.values else _Quantiles(feature.edges)
    return NumberBins(feature.name, layout)


class _Layout(Protocol):
    """Where the bins of a column lie on the line of numbers."""

    boundaries: Numbers

    def counts(self, name: str, missing: int, slots: list[int]) -> FeatureCounts:
        """Return what the intervals of `bin_counts` mean."""


class _Quantiles:
    def __init__(self, edges: Sequence[float]) -> None:
        self.boundaries = boundaries_of(edges)

    def counts(self, name: str, missing: int, slots: list[int]) -> FeatureCounts:
        if len(slots) == 1:  # the training saw no value: there is neither below nor above
            return FeatureCounts(name=name, missing=missing, other=slots[0])
        below, *bins, above = slots
        return FeatureCounts(name=name, missing=missing, below=below, bins=tuple(bins), above=above)


class _Values:
    """Between two boundaries around each value lie the values that training never saw."""

    def __init__(self, values: Sequence[float]) -> None:
        self.boundaries = np.array(
            list(chain.from_iterable((value, np.nextafter(value, np.inf)) for value in values))
        )

    def counts(self, name: str, missing: int, slots: list[int]) -> FeatureCounts:
        below, *between, above = slots
        return FeatureCounts(
            name=name,
            missing=missing,
            below=below,
            bins=tuple(between[::2]),
            above=above,
            other=sum(between[1::2]),
        )


class _NumberCategories:
    """Categories that are numbers have no order: whatever is none of them is other."""

    def __init__(self, feature: FeatureProfile) -> None:
        numbers = [float(category.value) for category in feature.categories]
        self._order = np.argsort(numbers)
        self.boundaries = _Values(sorted(numbers)).boundaries

    def counts(self, name: str, missing: int, slots: list[int]) -> FeatureCounts:
        bins = [0] * len(self._order)
        for place, count in zip(self._order, slots[1:-1:2], strict=True):
            bins[place] = count
        return FeatureCounts(
            name=name, missing=missing, bins=tuple(bins), other=sum(slots) - sum(bins)
        )


class NumberBins:
    """Counts of a column of numbers, NaN where a value is missing."""

    def __init__(self, name: str, layout: _Layout) -> None:
        self._name = name
        self._layout = layout
        self._slots = np.zeros(len(layout.boundaries) + 2, dtype=np.int64)

    def count(self, numbers: Numbers) -> None:
        """Count the values of some rows."""
        self._slots += bin_counts(self._layout.boundaries, numbers)

    def counts(self) -> FeatureCounts:
        """Return everything counted so far."""
        missing, *slots = self._slots.tolist()
        return self._layout.counts(self._name, missing, slots)


class _DateBins:
    """Dates are counted as the profile counts them: by whole days since 1970 in UTC."""

    def __init__(self, feature: FeatureProfile) -> None:
        self._days = number_bins(feature)

    def count(self, texts: Texts) -> None:
        # Imported here: pandas and scikit-learn are there where dates are, and nowhere else.
        import pandas as pd

        from tidewheel_fitted.dates import moments

        days = moments(pd.Series(texts, dtype=object)).astype("datetime64[D]")
        self._days.count(np.where(np.isnat(days), np.nan, days.astype(np.int64)))

    def counts(self) -> FeatureCounts:
        return self._days.counts()


class _CategoryBins:
    """One count for each category of the profile."""

    def __init__(self, feature: FeatureProfile) -> None:
        self._name = feature.name
        self._counts: dict[str | None, int] = dict.fromkeys(
            (category.value for category in feature.categories), 0
        )
        self._missing = self._other = 0

    def count(self, texts: Texts) -> None:
        for text, count in Counter(texts).items():
            if text in self._counts:
                self._counts[text] += count
            elif text is None:
                self._missing += count
            else:
                self._other += count

    def counts(self) -> FeatureCounts:
        return FeatureCounts(
            name=self._name,
            missing=self._missing,
            bins=tuple(self._counts.values()),
            other=self._other,
        )


class _TextBins:
    """Of free text only whether there is any."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._missing = self._present = 0

    def count(self, texts: Texts) -> None:
        missing = texts.count(None)
        self._missing += missing
        self._present += len(texts) - missing

    def counts(self) -> FeatureCounts:
        return FeatureCounts(name=self._name, missing=self._missing, other=self._present)
