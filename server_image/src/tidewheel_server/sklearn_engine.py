"""Predicts with scikit-learn itself: right for every model, and the yardstick of faster engines."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["Classifier", "SklearnEngine"]


class Classifier(Protocol):
    """What of a fitted scikit-learn object is used."""

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the probability of each class, shape (rows, classes)."""

    def get_params(self, deep: bool = True) -> Mapping[str, object]:
        """Return every parameter by its nested name."""

    def set_params(self, **parameters: object) -> "Classifier":
        """Set parameters by their nested names, and return the object itself."""


class SklearnEngine:
    """A fitted pipeline that takes a frame of the training columns."""

    platform = "sklearn"

    def __init__(self, pipeline: Classifier, manifest: ModelManifest) -> None:
        self._pipeline = _single_threaded(pipeline)
        self._classes = class_values(manifest)

    def predict(self, columns: Columns) -> Outputs:
        """Return `probability`, and as `predict` the class with the highest one."""
        try:
            probability = self._pipeline.predict_proba(_frame(columns))
        except ValueError as error:
            # All else has been checked: what is left are values that this model cannot take.
            raise ValuesRefusedError(
                f"The model refuses these values: {_first_line(error)}"
            ) from error
        return {PREDICT: self._classes[probability.argmax(axis=1)], PROBABILITY: probability}


def _frame(columns: Columns) -> pd.DataFrame:
    """Return the frame that training saw; pandas left alone would give text a type of its own."""
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=object) if values.dtype == object else values
            for name, values in columns.items()
        },
        copy=False,
    )


def class_values(manifest: ModelManifest) -> NDArray[Any]:
    """Return the classes as values of their datatype, in the order of the manifest."""
    if manifest.classes_datatype == "INT64":
        return np.array([int(text) for text in manifest.classes], dtype=np.int64)
    if manifest.classes_datatype == "FP64":
        return np.array([float(text) for text in manifest.classes], dtype=np.float64)
    if manifest.classes_datatype == "BOOL":
        return np.array([text.lower() == "true" for text in manifest.classes], dtype=np.bool_)
    return np.array(manifest.classes, dtype=object)


def _single_threaded(pipeline: Classifier) -> Classifier:
    """Take the estimators' own threads away: requests share the processor, and sums keep order."""
    parameters = pipeline.get_params(deep=True)
    return pipeline.set_params(
        **{name: 1 for name in parameters if name.rpartition("__")[2] == "n_jobs"}
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
