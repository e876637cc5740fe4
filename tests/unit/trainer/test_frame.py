"""The table that a pipeline takes."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.frame import features_frame, refuse_unusable_dates


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([date(2013, 3, 31), None]), ["2013-03-31", None]),
        (pa.array([datetime(2013, 3, 31), None], pa.date64()), ["2013-03-31", None]),  # noqa: DTZ001
        (pa.array([61_000_000], pa.timestamp("us")), ["1970-01-01 00:01:01"]),
        (pa.array([1, None], pa.timestamp("us")), ["1970-01-01 00:00:00.000001", None]),
        (pa.array([0], pa.timestamp("us", "Asia/Tokyo")), ["1970-01-01 00:00:00"]),
        (pa.array([1_500_000_000], pa.timestamp("ns")), ["1970-01-01 00:00:01.500000"]),
        (pa.array([None, None], pa.timestamp("us")), [None, None]),
    ],
)  # fmt: skip
def test_dates_become_text_in_utc(column: pa.Array, texts: list[str | None]) -> None:
    assert features_frame(pa.table({"booked": column}))["booked"].tolist() == texts


def test_text_among_dates_that_is_none_is_counted_and_named() -> None:
    frame = features_frame(pa.table({"booked": ["2013-03-31", "soon", None, "later"]}))
    with pytest.raises(TrainerError) as caught:
        refuse_unusable_dates(frame, ["booked"])
    assert (caught.value.reason, caught.value.message) == (
        FailureReason.FEATURE_UNUSABLE,
        "column 'booked' of `features.dates` holds 'soon' and is no date in 2 of 4 rows; a date is "
        "written as '2013-03-31' or '2013-03-31T23:59:00Z': add a `cast` step to the Dataset, or "
        "leave the column out",
    )
