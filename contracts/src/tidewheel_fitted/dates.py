"""Read a column of dates by its parts, the same way in training and in serving.

Dates travel as text in ISO 8601, because the Open Inference Protocol has no type for them. Text
without an offset is in UTC; all parts are those of UTC.
"""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

__all__ = ["DateParts", "moments", "unreadable"]

_FIRST_YEAR, _MONTHS, _WEEKDAYS, _DAYS, _HOURS = 1970, 12, 7, 31, 24
# The first of January 1970 was a Thursday; weeks begin with 0, a Monday.
_FIRST_WEEKDAY = 3


def moments(texts: pd.Series) -> np.ndarray:
    """Return moments in UTC as datetime64[us], NaT where there is none, shape (n_rows,).

    Args:
        texts: dates in ISO 8601, None for a missing one, shape (n_rows,).
    """
    found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    return np.array(found.dt.tz_localize(None).to_numpy(), dtype="datetime64[us]")


def unreadable(texts: pd.Series, found: np.ndarray) -> np.ndarray:
    """Return which rows hold something that is no date, boolean, shape (n_rows,).

    Args:
        texts: what was read, shape (n_rows,).
        found: its moments, shape (n_rows,).
    """
    # pandas takes `now` and `today` for dates, which would be others with each reading.
    is_dated = texts.str.slice(0, 4).str.isdecimal().fillna(False).to_numpy(dtype=bool)
    return np.asarray(texts.notna().to_numpy() & ~(is_dated & ~np.isnat(found)))


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turns one column of dates into year, month, weekday, day, hour and days since 1970.

    The hour is left out where no learned row has one. With `cyclic`, what returns (month, weekday,
    day, hour) is a point on a circle, a sine and a cosine: a linear model then sees that December
    is next to January. A missing date is missing in all parts.
    """

    def __init__(self, *, cyclic: bool = False) -> None:
        """Take how parts that return are given."""
        self.cyclic = cyclic

    def fit(self, frame: pd.DataFrame, labels: object = None) -> Self:
        """Learn whether dates have an hour.

        Raises:
            ValueError: for text that is no date.
        """
        found = _moments_of(frame)
        present = found[~np.isnat(found)]
        self.has_hours_ = bool(np.any(present != present.astype("datetime64[D]")))
        self.n_features_in_ = 1
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the parts of each date as float64, shape (n_rows, n_parts).

        Raises:
            ValueError: for text that is no date.
        """
        check_is_fitted(self)
        found = _moments_of(frame)
        days, months = found.astype("datetime64[D]"), found.astype("datetime64[M]")
        weekday = (_number(days) + _FIRST_WEEKDAY) % _WEEKDAYS
        day = _number(days - months.astype("datetime64[D]"))
        year, month = np.divmod(_number(months), _MONTHS)
        returning = [(month, _MONTHS, 1), (weekday, _WEEKDAYS, 0), (day, _DAYS, 1)]
        if self.has_hours_:
            returning.append((_number((found - days).astype("timedelta64[h]")), _HOURS, 0))
        parts = [year + _FIRST_YEAR, _number(days)]
        for number, period, first in returning:
            parts.extend(_circle(number, period) if self.cyclic else [number + first])
        return np.column_stack(parts)


def _moments_of(frame: pd.DataFrame) -> np.ndarray:
    texts = frame.iloc[:, 0]
    found = moments(texts)
    wrong = np.flatnonzero(unreadable(texts, found))
    if len(wrong):
        raise ValueError(
            f"column {texts.name!r} holds {texts.iloc[wrong[0]]!r:.40}, which is no date; write "
            "'2013-03-31' or '2013-03-31T23:59:00Z'"
        )
    return found


def _number(values: np.ndarray) -> np.ndarray:
    """Return datetimes, or spans of them, as counts of their unit, NaN for NaT."""
    return np.where(np.isnat(values), np.nan, values.astype(np.int64))


def _circle(number: np.ndarray, period: int) -> list[np.ndarray]:
    angle: Any = 2 * np.pi * number / period
    return [np.sin(angle), np.cos(angle)]
