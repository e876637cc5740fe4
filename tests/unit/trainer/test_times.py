"""Times are text in UTC and back without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidewheel_trainer.times import DAY, iso_text, microseconds


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (15_706 * DAY + 3_600_000_000, "2013-01-01T01:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
    ],
)
def test_a_fraction_is_written_only_when_there_is_one(moment: int, text: str) -> None:
    assert iso_text(moment) == text


@given(st.integers(-(10**15), 10**17))
def test_text_gives_its_moment_back(moment: int) -> None:
    assert microseconds(iso_text(moment)) == moment


def test_a_time_that_does_not_say_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="times are in UTC"):
        microseconds("2013-01-01T00:00:00+02:00")
