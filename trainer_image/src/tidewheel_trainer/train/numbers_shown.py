"""Write measured values for people and for status, whatever their size; pure."""

import math

import numpy as np

from tidewheel_trainer.train.measures import Measure

__all__ = ["decimal_text", "plain", "shown", "signed"]

_SIGNIFICANT = 4
# What `DecimalText` holds.
_LARGEST = 1e12
_LEAST_DECIMALS, _MOST_DECIMALS = 6, 10


def shown(measure: Measure, value: float, decimals: int = 3) -> str:
    """Return a value in a sentence: scores by decimals, errors, of any unit, by four digits."""
    if measure.higher_is_better or not math.isfinite(value):
        return f"{value:.{decimals}f}"
    return np.format_float_positional(value, _SIGNIFICANT, unique=False, fractional=False, trim="-")


def signed(measure: Measure, value: float, decimals: int = 3) -> str:
    """Return a difference with its sign; nothing has none."""
    text = shown(measure, abs(value), decimals)
    if float(text) == 0:
        return text
    return f"{'-' if value < 0 else '+'}{text}"


def plain(value: float) -> str:
    """Return a number that somebody wrote as they would write it, without an exponent."""
    return np.format_float_positional(value, trim="-")


def decimal_text(value: float) -> str | None:
    """Return a value as status holds it: six digits or more; None for what it cannot hold."""
    if not math.isfinite(value) or abs(value) >= _LARGEST:
        return None
    digits = 5 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(digits, _LEAST_DECIMALS), _MOST_DECIMALS)}f}"
