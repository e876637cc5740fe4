"""Draw on a plane of two axes, as SVG: lines, dots, bars and cells, within its bounds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tidewheel_trainer.pages.drawing import bar, label, svg
from tidewheel_trainer.pages.markup import element, short_number

__all__ = ["Axis", "Plane", "bars", "cells", "dots", "line", "picture", "rule", "ticks"]

_WIDTH, _HEIGHT = 320.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 20.0, 34.0
_STEPS = 5
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis tells, and its first and last number; the first is below the last."""

    title: str
    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """Return how far along the axis a number lies, from 0 to 1; beyond it, at its end."""
        # Halved, because the distance of two large numbers may be no number any more.
        span = self.high / 2 - self.low / 2
        return min(1.0, max(0.0, (value / 2 - self.low / 2) / span)) if span else 0.5


@dataclass(frozen=True, slots=True)
class Plane:
    """An axis from left to right and one from bottom to top."""

    x: Axis
    y: Axis

    def across(self, value: float) -> float:
        """Return how far from the left a number of the axis `x` lies, in units of the picture."""
        return _LEFT + self.x.share(value) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, value: float) -> float:
        """Return how far from the top a number of the axis `y` lies, in units of the picture."""
        return _HEIGHT - _BOTTOM - self.y.share(value) * (_HEIGHT - _TOP - _BOTTOM)


def picture(plane: Plane, words: str, marks: str) -> str:
    """Return the picture of a plane with these marks, which says in words what it shows."""
    left, right = plane.across(plane.x.low), plane.across(plane.x.high)
    bottom, top = plane.down(plane.y.low), plane.down(plane.y.high)
    ground = ""
    for value in ticks(plane.y):
        y = plane.down(value)
        ground += element("line", class_="grid", x1=left, x2=right, y1=y, y2=y)
        ground += label(left - 5, y + 4, short_number(value), "end")
    for value in ticks(plane.x):
        x = plane.across(value)
        ground += element("line", class_="grid", x1=x, x2=x, y1=top, y2=bottom)
        ground += label(x, bottom + 14, short_number(value), "middle")
    ground += label((left + right) / 2, _HEIGHT - 4, plane.x.title, "middle")
    # At the top, not turned on its side: it is read on a telephone too.
    ground += label(0.0, 11.0, plane.y.title, "start")
    return svg(_WIDTH, _HEIGHT, words, ground + marks, "plane")


def line(plane: Plane, x: np.ndarray, y: np.ndarray, kind: str) -> str:
    """Return a line through points of shape (n_points,)."""
    places = _places(plane, x, y)
    return element("path", "", class_=f"line {kind}", d="M" + "L".join(places)) if places else ""


def rule(plane: Plane, begin: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a straight line that others are compared with."""
    x, y = np.array([begin[0], end[0]]), np.array([begin[1], end[1]])
    return line(plane, x, y, "rule")


def dots(plane: Plane, x: np.ndarray, y: np.ndarray, kind: str) -> str:
    """Return a dot at each point of shape (n_points,), all in one shape: there may be many."""
    drawn = "".join(f"M{place}h0" for place in _places(plane, x, y))
    return element("path", "", class_=f"dots {kind}", d=drawn) if drawn else ""


def bars(
    plane: Plane, edges: np.ndarray, heights: np.ndarray, words: Iterable[str], kind: str
) -> str:
    """Return a bar from 0 to its height, up or down, for each bin between two edges."""
    zero = plane.down(0.0)
    drawn = []
    for begin, end, height, said in zip(edges[:-1], edges[1:], heights, words, strict=True):
        from_, to, y = plane.across(float(begin)), plane.across(float(end)), plane.down(height)
        if height:
            width = max(0.5, to - from_ - 0.7)
            drawn.append(bar(from_, min(y, zero), width, max(0.5, abs(zero - y)), said, kind))
    return "".join(drawn)


def cells(plane: Plane, x_edges: np.ndarray, y_edges: np.ndarray, rows: np.ndarray) -> str:
    """Return cells of the stronger colour the more rows lie in them, by the root of their number.

    Args:
        plane: where they are drawn.
        x_edges: of columns, shape (n_columns + 1,).
        y_edges: of lines, shape (n_lines + 1,).
        rows: how many lie in each cell, shape (n_columns, n_lines).
    """
    most = rows.max()
    levels = np.ceil(np.sqrt(rows / most) * _LEVELS).astype(int) if most else rows
    across = [plane.across(float(edge)) for edge in x_edges]
    down = [plane.down(float(edge)) for edge in y_edges]
    width, height = f"h{across[1] - across[0]:.1f}", f"v{down[0] - down[1]:.1f}"
    drawn = ""
    for level in range(1, _LEVELS + 1):
        shapes = "".join(
            f"M{across[column]:.1f} {down[row + 1]:.1f}{width}{height}h{across[0] - across[1]:.1f}z"
            for column, row in np.argwhere(levels == level)
        )
        drawn += element("path", "", class_=f"cell{level}", d=shapes) if shapes else ""
    return drawn


def ticks(axis: Axis) -> tuple[float, ...]:
    """Return a few round numbers along an axis; its ends where there are none."""
    step = _step(axis.high / _STEPS - axis.low / _STEPS)
    # Between numbers that are almost equal there is none that is round and that a float can hold.
    if step <= 1e-9 * max(abs(axis.low), abs(axis.high)):
        return axis.low, axis.high
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return tuple(place * step + 0.0 for place in range(first, last + 1))


def _step(rough: float) -> float:
    """Return the next number of 1, 2 or 5 times a power of ten; 0 where that is too small."""
    if not rough > 1e-300:
        return 0.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((times * power for times in (1, 2, 5) if times * power >= rough), 10 * power)


def _places(plane: Plane, x: np.ndarray, y: np.ndarray) -> list[str]:
    return [
        f"{plane.across(float(one)):.1f} {plane.down(float(other)):.1f}"
        for one, other in zip(x, y, strict=True)
        if math.isfinite(one) and math.isfinite(other)
    ]
