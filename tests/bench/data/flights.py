"""CSV files of made-up flights, some of them twice, written in batches."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

__all__ = ["write_flights"]

_ROWS_PER_BATCH = 100_000
_FILES = 8
_CARRIERS = np.array(["AA", "B6", "DL", "EV", "UA", "WN"])
_AIRPORTS = np.array([f"{a}{b}X" for a in "ABCDEFGH" for b in "KLMNOPQR"])
_REMARKS = pa.array(
    [f"gate {n % 97}, stand {n % 131}, crew {n * 7919:016x}" for n in range(20_011)]
)
_MINUTES_OF_TEN_YEARS = 10 * 365 * 24 * 60


def write_flights(folder: Path, size_bytes: int) -> int:
    """Write files of about that size together, and return the size that they have."""
    dice = np.random.default_rng(1)
    first = 0
    for number in range(_FILES):
        file = folder / f"flights-{number}.csv"
        with file.open("wb") as stream:
            header = True
            while stream.tell() < size_bytes / _FILES:
                options = pa_csv.WriteOptions(include_header=header)
                pa_csv.write_csv(_batch(dice, first), stream, options)
                header = False
                first += _ROWS_PER_BATCH
    return sum(file.stat().st_size for file in folder.iterdir())


def _batch(dice: np.random.Generator, first: int) -> pa.Table:
    count = _ROWS_PER_BATCH
    minutes = dice.integers(0, _MINUTES_OF_TEN_YEARS, count)
    ids = np.arange(first, first + count)
    # Every fiftieth flight is told once more, as sources do that deliver at least once.
    again = dice.random(count) < 0.02
    ids[again] = dice.integers(0, first + count, int(again.sum()))
    delay = np.round(dice.normal(5, 30, count), 1)
    return pa.table(
        {
            "id": ids,
            "departure": np.datetime64("2015-01-01T00:00:00") + minutes.astype("timedelta64[m]"),
            "carrier": _CARRIERS[dice.integers(0, len(_CARRIERS), count)],
            "origin": _AIRPORTS[dice.integers(0, len(_AIRPORTS), count)],
            "destination": _AIRPORTS[dice.integers(0, len(_AIRPORTS), count)],
            "distance": dice.integers(50, 5000, count),
            "temperature": pa.array(dice.normal(10, 8, count), mask=dice.random(count) < 0.05),
            "wind": np.round(dice.random(count) * 30, 3),
            "delay": delay,
            "late": delay > 30,
            "remark": _REMARKS.take(pa.array(ids * 7919 % len(_REMARKS))),
        }
    )
