"""Build the DataFrame that a pipeline takes, by the convention that ModelInput states."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.job import FailureReason
from tidewheel_fitted.dates import moments, unreadable
from tidewheel_trainer.failure import TrainerError

__all__ = ["features_frame", "refuse_unusable_dates"]

# Trees compare in single precision.
_LARGEST = float(np.finfo(np.float32).max)


def features_frame(table: pa.Table) -> pd.DataFrame:
    """Return text and dates as Python strings (None for a missing value), all others as float64.

    Dates are written in ISO 8601, those with a time of day in UTC.

    Raises:
        TrainerError: FeatureUnusable, for a number that is infinite or too large.
    """
    return pd.DataFrame(
        {name: _series(name, table[name]) for name in table.column_names}, copy=False
    )


def refuse_unusable_dates(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse text among dates that is none.

    Raises:
        TrainerError: FeatureUnusable, with the number of such rows and the first of them.
    """
    for name in names:
        texts = frame[name]
        wrong = np.flatnonzero(unreadable(texts, moments(texts)))
        if len(wrong):
            raise TrainerError(
                FailureReason.FEATURE_UNUSABLE,
                f"column {name!r} of `features.dates` holds {texts.iloc[wrong[0]]!r:.40} and is no "
                f"date in {len(wrong):,} of {len(texts):,} rows; a date is written as '2013-03-31' "
                "or '2013-03-31T23:59:00Z': add a `cast` step to the Dataset, or leave the column "
                "out",
            )


def _series(name: str, column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_temporal(column.type):
        column = _date_texts(column)
    if pa.types.is_string(column.type):
        return pd.Series(_shared_texts(column), dtype=object)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    numbers = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()
    _refuse_endless(name, numbers)
    return pd.Series(np.asarray(numbers), dtype=np.float64)


def _date_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates as text: fractions of a second only where a row has one."""
    if pa.types.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us"), safe=False)
        seconds = moments.cast(pa.timestamp("s"), safe=False)
        is_whole = pc.all(pc.equal(seconds, moments)).as_py()
        # A column without any value is equal in no row, and neither way has a text.
        column = moments if is_whole is False else seconds
    return column.cast(pa.string())


def _refuse_endless(name: str, numbers: np.ndarray) -> None:
    endless = np.count_nonzero(np.abs(numbers) > _LARGEST)
    if endless:
        raise TrainerError(
            FailureReason.FEATURE_UNUSABLE,
            f"column {name!r} is infinite or beyond 3.4e38 in {endless:,} of {len(numbers):,} "
            "rows; add a step to the Dataset, such as `clip` or a `filter`, or leave the column "
            "out of `features`",
        )


def _shared_texts(column: pa.ChunkedArray) -> np.ndarray:
    """Return one Python string per category, not per row: a tenth of the memory."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    codes = pc.fill_null(coded.indices, len(texts) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(texts[codes])
