"""The demo's data: what is in it, what must not be in it, and how much of it there is."""

import io

import pandas as pd
import pytest
from pyarrow import parquet

from tidewheel_dev.demo import flights

LEAKS = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum", "flight"}
SEASON = {"year", "month", "day", "time_hour"}


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return flights.load()


def test_columns_are_those_of_the_schema(year: pd.DataFrame) -> None:
    assert list(year.columns) == flights.SCHEMA.names
    assert not set(year.columns) & (LEAKS | SEASON)


def test_a_client_knows_neither_answer_nor_time(year: pd.DataFrame) -> None:
    asked = flights.features(year).columns
    assert set(flights.SCHEMA.names) - set(asked) == {"late", "scheduled_departure"}


def test_january_and_february_have_the_labelled_rows_of_all_flights_that_arrived(
    year: pd.DataFrame,
) -> None:
    counts = [len(flights.of_month(year, month)) for month in (1, 2)]
    assert counts == [26_398, 23_611]
    assert flights.of_month(year, 1)["late"].isin([0, 1]).all()


def test_march_is_more_and_april_less_than_the_growth_limit(year: pd.DataFrame) -> None:
    sizes = [len(flights.of_month(year, month)) for month in (1, 2, 3, 4)]
    assert 100 * sizes[2] // sum(sizes[:2]) == 55
    assert 100 * sizes[3] // sum(sizes[:3]) == 35


def test_rows_are_in_order_of_their_time(year: pd.DataFrame) -> None:
    assert year["scheduled_departure"].is_monotonic_increasing
    assert not year["scheduled_departure"].isna().any()


def test_weather_is_that_of_the_airport_in_the_local_hour(year: pd.DataFrame) -> None:
    first = year.iloc[0]
    assert (first["origin"], str(first["scheduled_departure"])) == ("EWR", "2013-01-01 05:15:00")
    assert (first["temp"], first["humid"]) == (39.02, 64.43)
    # Almost every hour was measured; gusts are known in a quarter of the hours only.
    assert year["temp"].isna().mean() < 0.01
    assert 0.7 < year["wind_gust"].isna().mean() < 0.8


def test_cancelled_flights_are_dropped_and_repeated_weather_hours_join_once() -> None:
    scheduled = {
        "year": 2013, "month": 11, "day": 3, "hour": 1, "minute": 30, "sched_arr_time": 259,
        "carrier": "UA", "origin": "EWR", "dest": "IAH", "distance": 1400,
    }  # fmt: skip
    some = pd.DataFrame(
        [
            {**scheduled, "flight": 1, "arr_delay": 15.0},
            {**scheduled, "flight": 2, "arr_delay": 16.0},
            {**scheduled, "flight": 3, "arr_delay": None},
        ]
    )
    hour = {"origin": "EWR", "year": 2013, "month": 11, "day": 3, "hour": 1}
    names = flights.SCHEMA.names[-9:]
    weather = pd.DataFrame([{**hour, **dict.fromkeys(names, value)} for value in (1.0, 2.0)])
    found = flights.joined(some, weather)
    assert found["late"].tolist() == [0, 1]
    assert found["temp"].tolist() == [1.0, 1.0]
    assert found[["sched_arr_hour", "sched_arr_minute", "day_of_week"]].iloc[0].tolist() == [
        2,
        59,
        6,
    ]


def test_the_same_month_gives_the_same_parquet(year: pd.DataFrame) -> None:
    february = flights.of_month(year, 2)
    data = flights.parquet_bytes(february)
    assert data == flights.parquet_bytes(february)
    table = parquet.read_table(io.BytesIO(data))
    assert table.schema.equals(flights.SCHEMA)
    assert table.column("wind_gust").null_count == february["wind_gust"].isna().sum()
    assert flights.object_key(2) == "raw/flights/2013-02.parquet"
