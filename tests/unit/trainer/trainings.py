"""Rows, candidates and champions that the tests of training share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from tidewheel_contracts.api.v1alpha1 import dataset
from tidewheel_contracts.api.v1alpha1.run_result import RunResult
from tidewheel_trainer.train.target import Target, read_target

Train = Callable[..., RunResult]

BOOSTING = "sklearn.ensemble.HistGradientBoostingClassifier"
FOLDER = "tidewheel/ml/models/delays"
# What lies in the folder of a run that publishes nothing.
REFUSED = ["report.html", "report.md", "verdict.json"]
DAY = 86_400_000_000
START = 15_706 * DAY  # 2013-01-01


def candidate(name: str = "boosting", estimator: str = BOOSTING, **given: Any) -> dict[str, Any]:
    parameters = {"max_iter": 8} if estimator == BOOSTING else {}
    return {"name": name, "estimator": estimator, "parameters": parameters | given}


def columns_of(first_day: int, days: int, rows_per_day: int = 150) -> dict[str, Any]:
    """Return columns whose target depends on `wind` and `carrier`."""
    random = np.random.default_rng(first_day)
    rows = days * rows_per_day
    wind = random.normal(size=rows)
    carrier = random.choice(["AA", "B6", "UA"], rows)
    late = random.random(rows) < 1 / (1 + np.exp(1.2 - 2 * wind - (carrier == "B6")))
    moments = START + (first_day + np.repeat(np.arange(days), rows_per_day)) * DAY + 3_600_000_000
    return {
        "day": pa.array(moments, pa.timestamp("us")),
        "late": late,
        "wind": np.where(random.random(rows) < 0.1, np.nan, wind),
        "hour": random.integers(5, 24, rows),
        "carrier": carrier,
    }


def late_in_newest_days(days: int, mixed_days: int, rows_per_day: int = 150) -> np.ndarray:
    """Return a target whose older rows are of one class but for the very first."""
    late = np.arange(days * rows_per_day) % 2 == 0
    late[1 : (days - mixed_days) * rows_per_day] = False
    return np.asarray(late)


def turned_round(columns: dict[str, Any], days: int) -> dict[str, Any]:
    """Return columns with all labels of the first days flipped.

    Fewer than half of them would be noise, which hardly moves a ranking.
    """
    rows = np.arange(len(columns["late"]))
    return columns | {"late": columns["late"] ^ (rows < days * 150)}


def files_of(store: Any, uid: str) -> list[str]:
    prefix = f"{FOLDER}/{uid}/"
    return sorted(key.removeprefix(prefix) for key in store.objects if key.startswith(prefix))


def values_of(result: RunResult, fit: str) -> dict[str, float]:
    return {each.name: float(each.value) for each in result.metrics if each.fit == fit}


def target_of(labels: Any, task: str | None = None) -> Target:
    """Return the target `late` of these labels, as a snapshot's column is read."""
    spec = dataset.Target.model_validate({"column": "late", "task": task})
    column = labels if isinstance(labels, pa.Array) else pa.array(labels)
    return read_target(spec, pa.chunked_array([column]))
