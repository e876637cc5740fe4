"""All columns in one tensor: numbers of shape [n, columns], in the order of the model's inputs.

The tensor is the only input of its request, and its name is none of the model's columns: any other
will do, because clients of matrices have names of their own ("input-0", "predict", "X").
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Columns
from tidewheel_server.http.message import shown
from tidewheel_server.protocol.datatypes import ACCEPTED, ACCEPTED_IN_JSON
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.tensor_data import are_whole, numbers_of, sizes_of
from tidewheel_server.tensors import TensorSpec

__all__ = ["is_matrix", "matrix_columns", "matrix_in_json"]


def is_matrix(tensors: list[Any], inputs: Mapping[str, TensorSpec]) -> bool:
    """Tell whether a request's only tensor has two axes and is no column by name."""
    if len(tensors) != 1 or not isinstance(tensors[0], dict):
        return False
    name, shape = tensors[0].get("name"), tensors[0].get("shape")
    return (
        isinstance(name, str) and name not in inputs and isinstance(shape, list) and len(shape) == 2
    )


def matrix_in_json(
    tensor: dict[str, Any], inputs: Mapping[str, TensorSpec], rows_limit: int
) -> Columns | Invalid:
    """Return the columns of a matrix in JSON."""
    shape = _matrix_shape(tensor, inputs, ACCEPTED_IN_JSON["FP64"], rows_limit)
    if isinstance(shape, Invalid):
        return shape
    data = tensor.get("data")
    if not isinstance(data, list):
        return Invalid("data must be a list")
    elements = _elements(data, shape)
    if len(elements) != shape[0] * shape[1]:
        return Invalid(
            f"shape {shape} takes {shape[0] * shape[1]} elements, but data has {len(elements)}"
        )
    values = numbers_of(elements, "FP64")
    return values if isinstance(values, Invalid) else _split(values.reshape(shape), inputs)


def matrix_columns(
    values: NDArray[Any], tensor: dict[str, Any], inputs: Mapping[str, TensorSpec], rows_limit: int
) -> Columns | Invalid:
    """Return the columns of a binary matrix, given flat."""
    shape = _matrix_shape(tensor, inputs, ACCEPTED["FP64"], rows_limit)
    return shape if isinstance(shape, Invalid) else _split(values.reshape(shape), inputs)


def _matrix_shape(
    tensor: dict[str, Any],
    inputs: Mapping[str, TensorSpec],
    datatypes: frozenset[str],
    rows_limit: int,
) -> list[int] | Invalid:
    text = [name for name, spec in inputs.items() if spec.datatype == "BYTES"]
    if text:
        return Invalid(
            f"a matrix holds numbers, but column {shown(text[0])} is text: send one tensor for "
            "each column"
        )
    datatype = tensor.get("datatype")
    if not isinstance(datatype, str) or datatype not in datatypes:
        return Invalid(f"datatype must be one of numbers, such as FP64, not {datatype!r:.40}")
    shape = sizes_of(tensor.get("shape"))
    if shape is None or shape[1] != len(inputs):
        return Invalid(f"shape must be [n, {len(inputs)}], the columns in the model's order")
    if shape[0] > rows_limit:
        return Invalid(f"at most {rows_limit} rows, not {shape[0]}", 413)
    return shape


def _elements(data: list[Any], shape: list[int]) -> list[Any]:
    """Return the elements of nested rows; whatever is not nested so is left for other checks."""
    if len(data) == shape[0] and all(type(row) is list and len(row) == shape[1] for row in data):
        return [element for row in data for element in row]
    return data


def _split(matrix: NDArray[Any], inputs: Mapping[str, TensorSpec]) -> Columns | Invalid:
    by_column = np.ascontiguousarray(matrix.T, dtype=np.float64)
    infinite = np.isinf(by_column)
    if infinite.any():
        row = int(infinite.any(axis=0).argmax())
        return Invalid(f"row {row} has an infinite number; NaN is missing")
    columns = dict(zip(inputs, by_column, strict=True))
    for name, spec in inputs.items():
        if spec.datatype == "INT64" and not are_whole(columns[name]):
            return Invalid(f"column {shown(name)} takes whole numbers of 64 bits or missing ones")
        if spec.datatype == "BOOL" and not _are_flags(columns[name]):
            return Invalid(f"column {shown(name)} is boolean: it takes 0, 1 or missing ones")
    return columns


def _are_flags(numbers: NDArray[np.float64]) -> bool:
    return bool((np.isnan(numbers) | (numbers == 0) | (numbers == 1)).all())
