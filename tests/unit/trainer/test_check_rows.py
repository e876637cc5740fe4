"""Rows of the test window are published as clients send them, with the answers of the fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.unit.trainer.trainings import FOLDER, Train, columns_of, target_of

from tidewheel_contracts.artifact.check_rows import CheckRows
from tidewheel_contracts.artifact.model import ModelInput
from tidewheel_contracts.artifact.snapshot import manifest_bytes
from tidewheel_trainer.train.check_rows import check_rows

INPUTS = (
    ModelInput(name="delay", datatype="FP64", kind="Numeric"),
    ModelInput(name="seats", datatype="INT64", kind="Numeric"),
    ModelInput(name="night", datatype="BOOL", kind="Numeric"),
    ModelInput(name="note", datatype="BYTES", kind="Text"),
)
FRAME = pd.DataFrame(
    {
        "note": pd.Series(["late again", None, "é"], dtype=object),
        "delay": [1.5, np.nan, -0.1],
        "seats": [100.0, np.nan, 300.0],
        "night": [1.0, 0.0, np.nan],
    }
)
SENT = ((1.5, None, -0.1), (100, None, 300), (True, False, None), ("late again", None, "é"))


def probabilities(frame: pd.DataFrame) -> np.ndarray:
    """Say `true` of a delay above zero."""
    late = np.where(frame["delay"] > 0, 0.75, 0.25)
    return np.column_stack([1 - late, late])


def test_rows_are_as_clients_send_them_and_labels_as_they_get_them() -> None:
    rows = check_rows(FRAME, INPUTS, target_of([False, True]), probabilities)

    assert rows == CheckRows(
        columns=SENT,
        predicted=(True, False, False),
        probabilities=((0.25, 0.75), (0.75, 0.25), (0.75, 0.25)),
    )
    # Equal values of other types would be other JSON.
    assert [[type(value) for value in values] for values in rows.columns[1:3]] == [
        [int, type(None), int],
        [bool, bool, type(None)],
    ]
    assert CheckRows.model_validate_json(manifest_bytes(rows)) == rows


def test_rows_of_a_number_have_no_probabilities() -> None:
    target = target_of([0.5, 1.5], "Regression")

    rows = check_rows(FRAME, INPUTS, target, lambda frame: frame["delay"].fillna(0).to_numpy())

    assert rows == CheckRows(columns=SENT, predicted=(1.5, 0.0, -0.1))


@pytest.mark.parametrize(("limit", "kept"), [(1_000_000, 200), (60_000, 57), (2_000, 1), (10, 1)])
def test_rows_are_left_out_until_they_fit_and_values_never(limit: int, kept: int) -> None:
    notes = pd.Series([f"{n:03}" + "x" * 1000 for n in range(500)], dtype=object)
    frame = pd.DataFrame({"note": notes, "delay": 1.0, "seats": 1.0, "night": 1.0})

    rows = check_rows(frame, INPUTS, target_of([False, True]), probabilities, limit)

    assert (len(rows.predicted), len(rows.probabilities)) == (kept, kept)
    assert {len(text) for text in rows.columns[3]} == {1003}
    assert kept == 1 or (rows.columns[3][0], rows.columns[3][-1]) == (notes.iloc[0], notes.iloc[-1])


def test_published_rows_are_of_the_test_window(store: Any, snapshot: Any, trained: Train) -> None:
    columns = columns_of(0, 20)
    result = trained(snapshot(columns))

    rows = CheckRows.model_validate_json(store.objects[f"{FOLDER}/uid-1/check.json"])

    assert len(rows.predicted) == 200
    newest = columns["wind"][-result.test_rows :]
    assert {wind for wind in rows.columns[0] if wind is not None} <= set(newest)
    assert set(rows.predicted) == {True, False}
