"""Predicts with scikit-learn itself: right for every model, and the yardstick of faster engines."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.errors import LoadError
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["Fitted", "SklearnEngine"]


class Fitted(Protocol):
    """What of a fitted scikit-learn object is used, whatever it predicts."""

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Return the class of each row, or its number, shape (rows,)."""

    def get_params(self, deep: bool = True) -> Mapping[str, object]:
        """Return every parameter by its nested name."""

    def set_params(self, **parameters: object) -> "Fitted":
        """Set parameters by their nested names, and return the object itself."""


class SklearnEngine:
    """A fitted pipeline that takes a frame of the training columns."""

    platform = "sklearn"

    def __init__(self, pipeline: Fitted, manifest: ModelManifest) -> None:
        """Take a pipeline of the manifest's task.

        Raises:
            LoadError: it is of another task.
        """
        self._pipeline = _single_threaded(pipeline)
        self._answer = _answering(self._pipeline, manifest)

    def predict(self, columns: Columns) -> Outputs:
        """Return every output for the rows of the columns."""
        try:
            return self._answer(_frame(columns))
        except ValueError as error:
            # All else has been checked: what is left are values that this model cannot take.
            raise ValuesRefusedError(
                f"The model refuses these values: {_first_line(error)}"
            ) from error


def _answering(pipeline: Fitted, manifest: ModelManifest) -> Callable[[pd.DataFrame], Outputs]:
    predict_proba = getattr(pipeline, "predict_proba", None)
    if manifest.task is Task.REGRESSION:
        if predict_proba is not None:
            raise LoadError(
                FailureReason.ARTIFACT_DAMAGED, "The model file holds a classifier, not a regressor"
            )
        return lambda frame: {PREDICT: _finite(pipeline.predict(frame))}
    if predict_proba is None:
        raise LoadError(FailureReason.ARTIFACT_DAMAGED, "The model file holds no classifier")
    classes = class_values(manifest)

    def classify(frame: pd.DataFrame) -> Outputs:
        probability = _finite(predict_proba(frame))
        return {PREDICT: classes[probability.argmax(axis=1)], PROBABILITY: probability}

    return classify


def _finite(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Return answers as FP64; JSON has neither infinity nor NaN, and nobody could use them."""
    if not np.isfinite(numbers).all():
        raise ValueError("they give no finite number")
    return np.asarray(numbers, dtype=np.float64)


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


def _single_threaded(pipeline: Fitted) -> Fitted:
    """Take the estimators' own threads away: requests share the processor, and sums keep order."""
    parameters = pipeline.get_params(deep=True)
    return pipeline.set_params(
        **{name: 1 for name in parameters if name.rpartition("__")[2] == "n_jobs"}
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
