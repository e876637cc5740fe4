"""Small tables in Parquet files, cleaned and read back."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidewheel_contracts.api.v1alpha1.dataset_steps import Step
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.steps import cleaned
from tidewheel_trainer.failure import TrainerError

LIMIT = 200 << 20


def steps_of(*steps: dict[str, Any]) -> tuple[Step, ...]:
    return tuple(Step.model_validate(step) for step in steps)


def stored(folder: Path, *tables: pa.Table) -> list[Path]:
    paths = [folder / f"input-{number}" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(table, path)
    return paths


def cleaned_table(folder: Path, table: pa.Table, *steps: dict[str, Any]) -> pa.Table:
    """Return a table after steps."""
    target = folder / "cleaned"
    cleaned(stored(folder, table), steps_of(*steps), target, Memory(folder, LIMIT))
    return pq.read_table(target)


def rows_after(folder: Path, columns: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a table after steps."""
    found: dict[str, Any] = cleaned_table(folder, pa.table(columns), *steps).to_pydict()
    return found


def fault_of(folder: Path, columns: dict[str, Any], *steps: dict[str, Any]) -> str:
    """Return what is said of steps that cannot be done."""
    with pytest.raises(TrainerError) as caught:
        rows_after(folder, columns, *steps)
    assert caught.value.reason is FailureReason.STEP_FAILED
    return caught.value.message
