"""The tensors of a model as the protocol describes them, derived from the manifest.

Each input column is a tensor of its own: [-1] in the metadata, [n] or [n, 1] in requests.
A model of classes has the outputs `predict`, the most probable class of each row, shape [n], and
`probability`, shape [n, classes], in the order of the manifest's classes. A model of a number has
`predict` alone, FP64 of shape [n].
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import ModelManifest

__all__ = ["PREDICT", "PROBABILITY", "TensorSpec", "input_tensors", "output_tensors"]

PREDICT = "predict"
PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, datatype and shape of a tensor; -1 stands for the number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]


def input_tensors(manifest: ModelManifest) -> Mapping[str, TensorSpec]:
    """Return the input tensors by name, in the order of the training columns."""
    return {
        column.name: TensorSpec(column.name, column.datatype, (-1,)) for column in manifest.inputs
    }


def output_tensors(manifest: ModelManifest) -> Mapping[str, TensorSpec]:
    """Return the output tensors by name, in the order of the answer."""
    predict = TensorSpec(PREDICT, manifest.classes_datatype, (-1,))
    if manifest.task is Task.REGRESSION:
        return {PREDICT: predict}
    probability = TensorSpec(PROBABILITY, "FP64", (-1, len(manifest.classes)))
    return {PREDICT: predict, PROBABILITY: probability}
