"""Loss or score by step, as a status has room for it; pure."""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.run_progress import MOST_POINTS, Curve, CurveOf, CurvePoint
from tidewheel_trainer.train.numbers_shown import decimal_text

__all__ = ["curve"]


def curve(of: CurveOf, values: Sequence[float]) -> Curve | None:
    """Return a curve of values after the steps 1, 2, ...; of many those from all over.

    What a status cannot hold is left out; without any value there is no curve.
    """
    count = len(values)
    shown = min(count, MOST_POINTS)
    places = [round(part * (count - 1) / max(shown - 1, 1)) for part in range(shown)]
    points = tuple(
        CurvePoint(step=place + 1, value=text)
        for place in places
        if (text := decimal_text(float(values[place]))) is not None
    )
    return Curve(of=of, points=points) if points else None
