"""The classes of a model as values: what every engine's `predict` is taken from."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_contracts.artifact.model import ModelManifest

__all__ = ["class_values"]


def class_values(manifest: ModelManifest) -> NDArray[Any]:
    """Return the classes as values of their datatype, in the order of the manifest."""
    if manifest.classes_datatype == "INT64":
        return np.array([int(text) for text in manifest.classes], dtype=np.int64)
    if manifest.classes_datatype == "FP64":
        return np.array([float(text) for text in manifest.classes], dtype=np.float64)
    if manifest.classes_datatype == "BOOL":
        return np.array([text.lower() == "true" for text in manifest.classes], dtype=np.bool_)
    return np.array(manifest.classes, dtype=object)
