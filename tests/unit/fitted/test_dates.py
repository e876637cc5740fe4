"""Dates that are read by their parts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tidewheel_fitted.dates import DateParts, moments, unreadable

_NOTHING = [np.nan] * 6


def _dates(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"booked": pd.Series(texts, dtype=object)})


def _parts(*texts: str | None, cyclic: bool = False) -> Any:
    reader = DateParts(cyclic=cyclic).fit(_dates("2013-03-31T23:59:00Z"))
    return reader.transform(_dates(*texts))


def test_parts_are_year_days_month_weekday_day_and_hour_of_utc() -> None:
    found = _parts(
        "2013-03-31",  # a Sunday
        "2012-02-29T23:59:59.5Z",
        "1969-12-31T01:00:00+02:00",
        "2024-01-01 00:30:00",
        None,
    )
    expected = [
        [2013, 15795, 3, 6, 31, 0],
        [2012, 15399, 2, 2, 29, 23],
        [1969, -2, 12, 1, 30, 23],
        [2024, 19723, 1, 0, 1, 0],
        _NOTHING,
    ]
    assert np.array_equal(found, np.array(expected), equal_nan=True)


def test_dates_without_an_hour_have_no_part_for_it() -> None:
    reader = DateParts().fit(_dates("2013-03-31", None, "2013-04-01T00:00:00Z"))
    assert reader.transform(_dates("2013-03-31T07:00:00Z")).tolist() == [[2013, 15795, 3, 6, 31]]


def test_what_returns_lies_on_a_circle() -> None:
    found = _parts("2013-01-07T06:00:00Z", "2013-04-01T18:00:00Z", cyclic=True)
    # Month, weekday, day and hour; January, Monday, the first and midnight are at the angle 0.
    day = 2 * np.pi * 6 / 31
    expected = [
        [2013, 15712, 0, 1, 0, 1, np.sin(day), np.cos(day), 1, 0],
        [2013, 15796, 1, 0, 0, 1, 0, 1, -1, 0],
    ]
    assert found == pytest.approx(np.array(expected), abs=1e-12)


def test_dates_far_away_have_parts_too() -> None:
    assert _parts("0001-01-01", "9999-12-31").tolist() == [
        [1, -719162, 1, 0, 1, 0],
        [9999, 2932896, 12, 4, 31, 0],
    ]


@pytest.mark.parametrize("text", ["now", "today", "soon", "", "2013-02-30", "nan"])
def test_what_is_no_date_is_named(text: str) -> None:
    texts = _dates("2013-03-31", None, text)["booked"]
    assert unreadable(texts, moments(texts)).tolist() == [False, False, True]
    with pytest.raises(ValueError, match="is no date") as caught:
        _parts("2013-03-31", text)
    assert str(caught.value) == (
        f"column 'booked' holds {text!r}, which is no date; write '2013-03-31' or "
        "'2013-03-31T23:59:00Z'"
    )
