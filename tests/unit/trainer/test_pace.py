"""How long a program will go on."""

import pytest

from tidewheel_trainer.pace import Pace, paced, remaining_seconds


def test_the_pace_begins_where_rows_have_been_read() -> None:
    pace = None
    for stage, percent, seconds in [("Reading", 5, 1.0), ("Choosing", 20, 8.0), ("Testing", 50, 9)]:
        pace = paced(pace, stage, percent, seconds)

    assert pace == Pace(seconds=8.0, percent=20)


@pytest.mark.parametrize(
    ("pace", "percent", "seconds", "remaining"),
    [
        pytest.param(None, 15, 10.0, None, id="nothing but reading so far"),
        pytest.param(Pace(8.0, 20), 20, 30.0, None, id="the first step of the work is under way"),
        pytest.param(Pace(8.0, 20), 40, 28.0, 60, id="a percent a second"),
        pytest.param(Pace(8.0, 20), 100, 88.0, 0, id="all is done"),
    ],
)
def test_remaining_seconds(
    pace: Pace | None, percent: int, seconds: float, remaining: int | None
) -> None:
    assert remaining_seconds(pace, percent, seconds) == remaining
