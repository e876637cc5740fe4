"""Made-up flights of two years as one Parquet file; whether one is late depends on its columns."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["CATEGORICAL", "NUMERIC", "TARGET", "TIME", "write_flights"]

TARGET, TIME = "late", "departure"
NUMERIC = tuple(f"measure_{number:02}" for number in range(14))
CATEGORICAL = ("carrier", "destination", "origin")
_CARRIERS = np.array(["AA", "B6", "DL", "EV", "UA", "WN"])
_AIRPORTS = np.array([f"{a}{b}X" for a in "ABCDEFGH" for b in "KLMNOPQR"])
_MINUTES = 2 * 365 * 24 * 60


def write_flights(file: Path, rows: int) -> None:
    """Write so many rows, in order of time."""
    dice = np.random.default_rng(1)
    minutes = np.sort(dice.integers(0, _MINUTES, rows))
    measures = {name: dice.normal(size=rows) for name in NUMERIC}
    carrier = dice.integers(0, len(_CARRIERS), rows)
    odds = measures[NUMERIC[0]] + measures[NUMERIC[1]] * measures[NUMERIC[2]] + (carrier == 1) - 1
    table = pa.table(
        {
            TIME: np.datetime64("2024-01-01T00:00:00") + minutes.astype("timedelta64[m]"),
            TARGET: dice.random(rows) < 1 / (1 + np.exp(-odds)),
            **measures,
            "carrier": _CARRIERS[carrier],
            "origin": _AIRPORTS[dice.integers(0, len(_AIRPORTS), rows)],
            "destination": _AIRPORTS[dice.integers(0, len(_AIRPORTS), rows)],
        }
    )
    pq.write_table(table, file)
