"""Curves have room in a status."""

from tidewheel_contracts.api.v1alpha1.run_progress import Curve, CurveOf, CurvePoint
from tidewheel_trainer.curves import curve

LOSS = CurveOf.TRAINING_LOSS


def test_a_short_curve_is_whole() -> None:
    assert curve(LOSS, [0.5, 0.25]) == Curve(
        of=LOSS,
        points=(CurvePoint(step=1, value="0.500000"), CurvePoint(step=2, value="0.250000")),
    )


def test_of_a_long_curve_32_points_from_the_first_to_the_last_are_shown() -> None:
    found = curve(LOSS, [float(step) for step in range(1, 1001)])

    assert found is not None
    steps = [point.step for point in found.points]
    assert (len(steps), steps[0], steps[1], steps[-1]) == (32, 1, 33, 1000)
    assert [float(point.value) for point in found.points] == steps


def test_what_a_status_cannot_hold_is_left_out() -> None:
    found = curve(LOSS, [float("inf"), 0.5, float("nan"), 1e13])

    assert found == Curve(of=LOSS, points=(CurvePoint(step=2, value="0.500000"),))


def test_nothing_is_no_curve() -> None:
    assert curve(LOSS, []) is None
    assert curve(LOSS, [float("nan")]) is None
