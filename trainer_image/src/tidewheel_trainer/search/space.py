"""Draw the open parameters of a candidate; pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.search import Dimension, IntegerRange, Scale

__all__ = ["drawn_parameters", "parameters_key", "rounded_within", "with_drawn"]

_DIGITS = 6


def drawn_parameters(candidate: Candidate, random: np.random.Generator) -> dict[str, Any]:
    """Return the candidate's parameters with one independent draw of each dimension."""
    drawn = {each.parameter: _draw(each, random) for each in candidate.space}
    return with_drawn(candidate, drawn)


def with_drawn(candidate: Candidate, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of one trial of a candidate."""
    return {**candidate.parameters, **drawn}


def parameters_key(candidate: str, parameters: Mapping[str, Any]) -> str:
    """Return a text that two trials share only when they would be the same fit.

    JSON tells 1 from 1.0 and from true, which Python calls equal.
    """
    return json.dumps([candidate, parameters], sort_keys=True)


def rounded_within(value: float, low: float, high: float) -> float:
    """Return a number of six significant digits, which a person can copy, between the bounds."""
    return min(max(float(f"{value:.{_DIGITS}g}"), low), high)


def _draw(dimension: Dimension, random: np.random.Generator) -> Any:  # noqa: ANN401  any JSON
    if dimension.choice is not None:
        values = dimension.choice.values
        return values[int(random.integers(len(values)))]
    if dimension.integer is not None:
        return _draw_integer(dimension.integer, random)
    assert dimension.number is not None  # noqa: S101  a checked dimension has one of the three
    low, high = float(dimension.number.low), float(dimension.number.high)
    if dimension.number.scale is Scale.LOG:
        return rounded_within(math.exp(random.uniform(math.log(low), math.log(high))), low, high)
    return rounded_within(random.uniform(low, high), low, high)


def _draw_integer(bounds: IntegerRange, random: np.random.Generator) -> int:
    if bounds.scale is Scale.LINEAR:
        return int(random.integers(bounds.low, bounds.high, endpoint=True))
    # Up to the number after the highest, which would else be drawn at one point only.
    drawn = math.exp(random.uniform(math.log(bounds.low), math.log(bounds.high + 1)))
    return min(max(int(drawn), bounds.low), bounds.high)
