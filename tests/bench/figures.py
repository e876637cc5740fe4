"""Percentiles and differences of counts; pure."""

import math
from collections.abc import Mapping, Sequence

__all__ = ["per_object", "percentile", "rounded"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values do not exceed."""
    # Rounded first: 0.07 * 100 is a little more than 7, and would be the eighth value.
    rank = math.ceil(round(share * len(values), 6))
    return sorted(values)[max(0, rank - 1)]


def per_object(before: Mapping[str, int], after: Mapping[str, int], count: int) -> dict[str, float]:
    """Return by how much counts have grown for each of `count` objects."""
    return {key: rounded((after[key] - before.get(key, 0)) / count) for key in sorted(after)}


def rounded(value: float) -> float:
    """Return a figure as it is shown and kept."""
    return round(value, 2)
