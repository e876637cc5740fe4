"""Choose the rows that the serving image must answer as the published fit did; pure."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from tidewheel_contracts.artifact.check_rows import LIMIT_BYTES, MOST_ROWS, CheckRows
from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_trainer.train.client_rows import client_columns, served_frame
from tidewheel_trainer.train.target import Target

__all__ = ["check_rows"]

Answer = Callable[[pd.DataFrame], np.ndarray]


def check_rows(
    test: pd.DataFrame,
    inputs: tuple[ModelInput, ...],
    target: Target,
    answer: Answer,
    limit_bytes: int = LIMIT_BYTES,
) -> CheckRows:
    """Return rows from all over the test window with the answers of a fit.

    Rows are left out until the rest fits the limit, values never: one row always stays.

    Args:
        test: features of the test rows.
        inputs: what the fit takes.
        target: of all rows.
        answer: what the fit says of rows, as `pipelines.answers` returns it.
        limit_bytes: as many bytes the file may have.
    """
    count = min(MOST_ROWS, len(test))
    while True:
        places = np.linspace(0, len(test) - 1, count).astype(int)
        rows = _answered(client_columns(test, inputs, places), inputs, target, answer)
        size = len(manifest_bytes(rows))
        if size <= limit_bytes or count == 1:
            return rows
        count = max(1, min(count - 1, count * limit_bytes // size))


def _answered(
    columns: tuple[tuple[object, ...], ...],
    inputs: tuple[ModelInput, ...],
    target: Target,
    answer: Answer,
) -> CheckRows:
    found = answer(served_frame(columns, inputs))
    if not target.classes:
        return CheckRows(columns=columns, predicted=tuple(found.tolist()))
    return CheckRows(
        columns=columns,
        predicted=tuple(target.class_values[found.argmax(axis=1)].tolist()),
        probabilities=tuple(tuple(row) for row in found.tolist()),
    )
