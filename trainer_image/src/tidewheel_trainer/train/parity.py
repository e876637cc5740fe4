"""Ask scikit-learn the probes of a published model, and keep what it says; pure."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from tidewheel_contracts.artifact.model import ModelInput, Recipe
from tidewheel_contracts.artifact.parity import LIMIT_BYTES, MOST_PROBES, Parity
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.client_rows import Columns, client_columns, served_frame
from tidewheel_trainer.train.pipelines import answers
from tidewheel_trainer.train.probes import probes
from tidewheel_trainer.train.target import Target

__all__ = ["parity"]

Ask = Callable[[pd.DataFrame], np.ndarray]

_MEASURED_ROWS = 20


def parity(
    model: Pipeline,
    recipe: Recipe,
    frame: pd.DataFrame,
    inputs: tuple[ModelInput, ...],
    target: Target,
    first: Columns,
    limit_bytes: int = LIMIT_BYTES,
) -> Parity:
    """Return probes of a fit with scikit-learn's answers, as many as the limit allows.

    Args:
        model: the fit, as it was read back from its file.
        recipe: its recipe.
        frame: features of the rows that it learned.
        inputs: what it takes.
        target: of all rows.
        first: rows that are probes in any case: an engine that answers them otherwise must not be
            chosen, or the serving image fails the last test of the gate.
        limit_bytes: as many bytes the file may have; one probe always stays.
    """

    def ask(rows: pd.DataFrame) -> np.ndarray:
        return answers(model, recipe, rows, target.class_values)

    count = _count(frame, inputs, target, limit_bytes)
    while True:
        columns = _after(first, probes(model, frame, inputs, count, recipe.seed), count)
        found = _answered(columns, inputs, target, ask)
        size = len(manifest_bytes(found))
        if size <= limit_bytes or count == 1:
            return found
        count = max(1, min(count - 1, count * limit_bytes // size))


def _after(first: Columns, others: Columns, count: int) -> Columns:
    """Return so many probes, the given rows first; each takes the place of a learned row."""
    more = max(0, count - len(first[0]))
    return tuple(
        (*given[:count], *values[max(0, len(values) - more) :])
        for given, values in zip(first, others, strict=True)
    )


def _count(
    frame: pd.DataFrame, inputs: tuple[ModelInput, ...], target: Target, limit_bytes: int
) -> int:
    """Return how many probes there may be, by the size of some rows; probes are no smaller."""
    places = np.linspace(0, len(frame) - 1, min(_MEASURED_ROWS, len(frame))).astype(int)
    rows = Parity(columns=client_columns(frame, inputs, places), predicted=())
    # A probability or number has up to 20 characters more.
    row_bytes = len(manifest_bytes(rows)) / len(places) + 20 * (1 + len(target.classes))
    return max(1, min(MOST_PROBES, int(limit_bytes / row_bytes)))


def _answered(columns: Columns, inputs: tuple[ModelInput, ...], target: Target, ask: Ask) -> Parity:
    # Probes overflow on purpose.
    with np.errstate(all="ignore"):
        found = _answers(served_frame(columns, inputs), ask)
    if not target.classes:
        numbers = tuple(None if each is None else float(each) for each in found)
        return Parity(columns=columns, predicted=numbers)
    return Parity(
        columns=columns,
        predicted=tuple(
            None if each is None else target.class_values[each.argmax()].item() for each in found
        ),
        probabilities=tuple(() if each is None else tuple(each.tolist()) for each in found),
    )


def _answers(frame: pd.DataFrame, ask: Ask) -> list[np.ndarray | None]:
    """Return the answer to each row, None where it is refused: a row refuses all beside it."""
    try:
        return list(ask(frame))
    except (TrainerError, ValueError):  # no finite answer; values that are not taken
        if len(frame) == 1:
            return [None]
    half = len(frame) // 2
    return [*_answers(frame.iloc[:half], ask), *_answers(frame.iloc[half:], ask)]
