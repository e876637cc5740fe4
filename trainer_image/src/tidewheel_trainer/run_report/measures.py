"""Put measures of candidate and champion side by side, with the interval of their difference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.common import Metric

__all__ = ["CONFIDENCE", "Measure", "measures_of"]

# Two-sided 95 % quantile of the normal distribution.
_QUANTILE = 1.96
CONFIDENCE = "95 %"
_DIFFERENCE, _ERROR = "_difference", "_standard_error"
# What does not say how well a model does.
_FACTS = frozenset({"base_rate"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure on the test rows; `low` and `high` are the ends of the difference's interval."""

    name: str
    candidate: float
    champion: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def measures_of(metrics: Sequence[Metric], errors: Mapping[str, float]) -> tuple[Measure, ...]:
    """Return the measures of a run, in their order.

    The interval is the difference less and plus 1.96 standard errors, where one is known.

    Args:
        metrics: as metrics.json has them.
        errors: the standard error of a measure's difference, by its name; one among the metrics
            goes before.
    """
    candidate = {each.name: float(each.value) for each in metrics if each.fit == "Candidate"}
    champion = {each.name: float(each.value) for each in metrics if each.fit == "Champion"}
    names = [name for name in candidate if not name.endswith((_DIFFERENCE, _ERROR))]
    return tuple(
        _measure(name, candidate, champion.get(name), errors.get(name))
        for name in names
        if name not in _FACTS
    )


def _measure(
    name: str, candidate: Mapping[str, float], rival: float | None, error: float | None
) -> Measure:
    value = candidate[name]
    if rival is None:
        return Measure(name, value)
    difference = candidate.get(name + _DIFFERENCE, value - rival)
    error = candidate.get(name + _ERROR, error)
    # One cluster tells nothing of how clusters differ: its error is infinite.
    if error is None or not math.isfinite(error):
        return Measure(name, value, rival, difference)
    reach = _QUANTILE * error
    return Measure(name, value, rival, difference, difference - reach, difference + reach)
