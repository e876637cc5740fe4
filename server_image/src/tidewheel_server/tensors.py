"""The tensors of a model as the protocol describes them, derived from the manifest.

Each input column is a tensor of its own: [-1] in the metadata, [n] or [n, 1] in requests.
The outputs are `predict`, the most probable class of each row, shape [n], and `probability`,
shape [n, classes], in the order of the manifest's classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    return {
        PREDICT: TensorSpec(PREDICT, manifest.classes_datatype, (-1,)),
        PROBABILITY: TensorSpec(PROBABILITY, "FP64", (-1, len(manifest.classes))),
    }
