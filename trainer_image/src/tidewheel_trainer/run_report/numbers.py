"""How predicted numbers lie about the true ones; pure numpy."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Bins", "Grid", "density", "residual_bins", "spread"]

# The outermost rows would press all others into a corner of a picture.
_TRIMMED = 0.005
# Sums and differences of larger ones are no numbers any more.
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows in cells of equal size: edges of columns and lines, and counts by column and line.

    `outside` counts rows that lie beyond the edges, or are no finite numbers.
    """

    x_edges: np.ndarray
    y_edges: np.ndarray
    rows: np.ndarray
    outside: int


@dataclass(frozen=True, slots=True)
class Bins:
    """Rows in bins of equal width, and how many lie outside of them."""

    edges: np.ndarray
    rows: np.ndarray
    outside: int


def spread(*values: np.ndarray) -> tuple[float, float]:
    """Return where nearly all of these numbers lie: between their .5 % and 99.5 % quantiles.

    Numbers that are all the same have a little room about them; without any finite one it is
    from 0 to 1.
    """
    joined = np.concatenate(values)
    finite = np.clip(joined[np.isfinite(joined)], -_LARGEST, _LARGEST)
    if not len(finite):
        return 0.0, 1.0
    low, high = (float(each) for each in np.quantile(finite, [_TRIMMED, 1 - _TRIMMED]))
    if low < high:
        return low, high
    room = max(abs(low) * 0.01, 1e-6)
    return low - room, low + room


def density(
    x: np.ndarray, y: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float]
) -> Grid:
    """Return the rows in 32 columns and 24 lines; x and y have the shape (n_rows,)."""
    edges = [np.linspace(*x_range, 33), np.linspace(*y_range, 25)]
    there = np.isfinite(x) & np.isfinite(y)
    rows, _, _ = np.histogram2d(x[there], y[there], bins=edges)
    counts = rows.astype(np.int64)
    return Grid(edges[0], edges[1], counts, len(x) - int(counts.sum()))


def residual_bins(residuals: np.ndarray, bins: int = 31) -> Bins:
    """Return what was predicted too high and too low, in bins about 0, shape (n_rows,) to bins.

    The middle one of an odd number of bins lies about 0.
    """
    low, high = spread(residuals)
    reach = max(abs(low), abs(high))
    edges = np.linspace(-reach, reach, bins + 1)
    counts, _ = np.histogram(residuals[np.isfinite(residuals)], bins=edges)
    return Bins(edges, counts, len(residuals) - int(counts.sum()))
