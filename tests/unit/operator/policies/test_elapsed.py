"""Waiting by written times, with clocks that are moved."""

from datetime import timedelta

import pytest
from tests.builders import NOW, time_text

from tidewheel_operator.policies.elapsed import seconds_left


@pytest.mark.parametrize(
    ("ahead_seconds", "left"),
    [
        pytest.param(0, 300.0, id="written now"),
        pytest.param(-120, 180.0, id="written a while ago"),
        pytest.param(-300, 0.0, id="the wait is over"),
        pytest.param(-86_400, 0.0, id="the wait is long over, or the clock jumped forward"),
        pytest.param(2, 302.0, id="another replica's clock is a little ahead"),
        pytest.param(300, 600.0, id="the clock was set back by the whole wait"),
        pytest.param(301, 0.0, id="the clock was set back further: nobody waits for that"),
        pytest.param(10_800, 0.0, id="the clock was set back by hours"),
    ],
)
def test_seconds_left_of_five_minutes(ahead_seconds: int, left: float) -> None:
    since = time_text(NOW + timedelta(seconds=ahead_seconds))

    assert seconds_left(since, 300, NOW) == left


def test_no_wait_is_over_at_once() -> None:
    assert seconds_left(time_text(NOW), 0, NOW) == 0.0
