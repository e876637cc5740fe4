"""Percentiles and differences of counts; pure."""

from collections.abc import Mapping, Sequence

__all__ = ["per_object", "percentile", "rounded"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values do not exceed."""
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, -(-int(share * 1000) * len(ordered) // 1000) - 1))
    return ordered[rank]


def per_object(before: Mapping[str, int], after: Mapping[str, int], count: int) -> dict[str, float]:
    """Return by how much counts have grown for each of `count` objects."""
    return {key: rounded((after[key] - before.get(key, 0)) / count) for key in sorted(after)}


def rounded(value: float) -> float:
    """Return a figure as it is shown and kept."""
    return round(value, 2)
