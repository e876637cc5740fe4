"""Flights, as the examples of sources expect them, and what became of them."""

import numpy as np
import pandas as pd
from tests.e2e.lab import Lab

from tidewheel_dev import paths

ROWS = 500


def flights(rows: int = ROWS) -> pd.DataFrame:
    """Return made-up flights; the last of them has no carrier."""
    numbers = np.arange(rows)
    start = pd.Timestamp("2026-01-01T05:00:00Z").as_unit("us")
    carriers = np.where(numbers % 2 == 0, "AA", "UA").astype(object)
    carriers[-1] = None
    return pd.DataFrame(
        {
            "scheduled_departure": start + pd.to_timedelta(numbers, unit="h"),
            "late": numbers % 3 == 0,
            "distance": numbers * 1.5,
            "carrier": carriers,
        }
    )


def apply_example(lab: Lab, name: str) -> None:
    """Apply a file of examples/sources."""
    lab.run("apply", "-f", str(paths.REPOSITORY / "examples" / "sources" / f"{name}.yaml"))


def snapshot_of(lab: Lab, name: str) -> tuple[int, int, dict[str, str]]:
    """Return rows, labelled rows and types of columns."""
    item = lab.get("dataset", name)
    assert item is not None
    snapshot, columns = item["status"]["snapshot"], item["status"]["columns"]
    types = {column["name"]: column["type"] for column in columns}
    return snapshot["rows"], snapshot["labelledRows"], types
