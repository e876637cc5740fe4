"""Rows as clients send them, and the frame that a server builds of what they sent."""

import numpy as np
import pandas as pd

from tidewheel_contracts.artifact.model import ModelInput

__all__ = ["Columns", "client_columns", "json_value", "served_frame"]

# One tuple of JSON values for each input, in the order of the inputs.
Columns = tuple[tuple[object, ...], ...]


def client_columns(
    frame: pd.DataFrame, inputs: tuple[ModelInput, ...], places: np.ndarray
) -> Columns:
    """Return rows column by column as JSON values, None for a missing one.

    Args:
        frame: features of all rows.
        inputs: what a model takes.
        places: which rows, shape (n_chosen,).
    """
    return tuple(
        tuple(json_value(value, column) for value in frame[column.name].iloc[places])
        for column in inputs
    )


def served_frame(columns: Columns, inputs: tuple[ModelInput, ...]) -> pd.DataFrame:
    """Return the rows as the server will build them from a request."""
    return pd.DataFrame(
        {
            column.name: pd.Series(
                list(values), dtype=object if column.datatype == "BYTES" else np.float64
            )
            for column, values in zip(inputs, columns, strict=True)
        }
    )


def json_value(value: object, column: ModelInput) -> object:
    """Return text as it is and a number as JSON of the input's datatype; None if it is not finite.

    A fraction of an INT64 is cut off, and of a BOOL all but 0 is true.
    """
    if value is None or isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]  # the frame holds text and floats only
    if not np.isfinite(number):
        return None
    return {"BOOL": bool, "INT64": int}.get(column.datatype, float)(number)
