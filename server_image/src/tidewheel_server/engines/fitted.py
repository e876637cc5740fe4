"""What of a fitted scikit-learn object is used."""

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd
from numpy.typing import NDArray

__all__ = ["Fitted"]


class Fitted(Protocol):
    """What of a fitted scikit-learn object is used, whatever it predicts."""

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Return the class of each row, or its number, shape (rows,)."""

    def get_params(self, deep: bool = True) -> Mapping[str, object]:
        """Return every parameter by its nested name."""

    def set_params(self, **parameters: object) -> "Fitted":
        """Set parameters by their nested names, and return the object itself."""
