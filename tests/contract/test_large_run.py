"""A run on a million rows of fifty columns, as its Job does it, in the memory that a Job has."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.bench.training.process import measured
from tests.bench.training.workspace import workspace

from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.job import TrainResult, parse_termination_message

ROWS, NUMERIC = 1_000_000, 45
MEBIBYTES = 2**20
BOOSTING = {
    "name": "boosting",
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "parameters": {"max_iter": 5},
}


def write_rows(file: Path) -> None:
    """Write rows of 45 numbers, two texts, a boolean, a time and a target, a minute apart."""
    dice = np.random.default_rng(1)
    numbers = {f"measure_{number:02}": dice.normal(size=ROWS) for number in range(NUMERIC)}
    odds = numbers["measure_00"] + numbers["measure_01"]
    carriers = np.array(["AA", "B6", "UA"])
    airports = np.array([f"airport {number}" for number in range(300)])
    minutes = np.arange(ROWS).astype("timedelta64[m]")
    table = pa.table(
        {
            **numbers,
            "carrier": carriers[dice.integers(0, len(carriers), ROWS)],
            "airport": airports[dice.integers(0, len(airports), ROWS)],
            "holiday": dice.random(ROWS) < 0.1,
            "departure": np.datetime64("2024-01-01T00:00:00") + minutes,
            "late": dice.random(ROWS) < 1 / (1 + np.exp(-odds)),
        }
    )
    assert table.num_columns == 50
    pq.write_table(table, file)


def test_a_million_rows_of_fifty_columns_are_learned_in_the_memory_that_a_job_has(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rows.parquet"
    write_rows(file)
    with workspace(tmp_path, file, "late", "departure") as place:
        run = measured(*place.program("train", "large", {"candidates": [BOOSTING]}))

    said = parse_termination_message((tmp_path / "large-train-0" / "message").read_text())
    assert isinstance(said, TrainResult)
    assert said.result.verdict is Verdict.PASSED
    assert ROWS // 5 <= said.result.test_rows < ROWS // 4
    assert said.result.training_rows == ROWS
    assert run.peak_bytes < int(Resources().memory.removesuffix("Gi")) * 1024 * MEBIBYTES
