"""The seam between the protocol and whatever computes predictions."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Columns", "Engine", "Outputs", "ValuesRefusedError"]

# By column name, all of one length: float64 with NaN for a missing value, or, for BYTES columns,
# object arrays of str with None for a missing value.
Columns = Mapping[str, NDArray[Any]]

# By output name: arrays whose first axis is the row.
Outputs = Mapping[str, NDArray[np.generic]]


class ValuesRefusedError(Exception):
    """The model cannot predict these values, though they are of the declared datatypes."""


class Engine(Protocol):
    """Computes all outputs of one loaded model; two threads may call it at once."""

    @property
    def platform(self) -> str:
        """Return the name that the model metadata gives the engine."""

    def predict(self, columns: Columns) -> Outputs:
        """Return every output for the rows of the columns.

        Raises:
            ValuesRefusedError: the model has no answer for these values.
        """
