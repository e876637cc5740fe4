"""Predicts with scikit-learn itself: right for every model, and the yardstick of faster engines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_server.engines.classes import class_values
from tidewheel_server.engines.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.engines.fitted import Fitted
from tidewheel_server.engines.model_file import open_model
from tidewheel_server.engines.tier import SKLEARN, ModelFiles
from tidewheel_server.errors import LoadError
from tidewheel_server.tensors import PREDICT, PROBABILITY

__all__ = ["SklearnEngine", "sklearn_engine"]


def sklearn_engine(files: ModelFiles) -> "SklearnEngine":
    """Return the engine of a model file.

    Raises:
        LoadError: the file holds no model of ours.
    """
    return SklearnEngine(open_model(files.skops), files.manifest)


class SklearnEngine:
    """A fitted pipeline that takes a frame of the training columns."""

    platform = SKLEARN

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


def _single_threaded(pipeline: Fitted) -> Fitted:
    """Take the estimators' own threads away: requests share the processor, and sums keep order."""
    parameters = pipeline.get_params(deep=True)
    return pipeline.set_params(
        **{name: 1 for name in parameters if name.rpartition("__")[2] == "n_jobs"}
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
