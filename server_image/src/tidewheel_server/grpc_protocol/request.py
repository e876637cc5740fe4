"""A ModelInferRequest in, columns of the model out: pure, by the same checks as over HTTP.

Contents are raw (`raw_input_contents`, one for each input) or typed, for all tensors of a message
alike. NaN is a missing number; a missing boolean or text has no form here.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Columns
from tidewheel_server.http.message import shown
from tidewheel_server.protocol.binary_data import array_of, texts_of
from tidewheel_server.protocol.datatypes import NUMPY_TYPES
from tidewheel_server.protocol.inference_request import (
    InferenceRequest,
    complete_columns,
    no_input,
)
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.matrix import is_matrix, matrix_columns
from tidewheel_server.protocol.tensor_data import column_from_array
from tidewheel_server.protocol.wanted_outputs import choose_outputs
from tidewheel_server.tensors import TensorSpec

__all__ = ["decode_message"]

Inputs = Mapping[str, TensorSpec]

_CONTENTS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def decode_message(
    message: Message, inputs: Inputs, outputs: Mapping[str, TensorSpec], *, rows_limit: int
) -> InferenceRequest | Invalid:
    """Return the request, or what is wrong with it in one sentence."""
    wanted = choose_outputs([output.name for output in message.outputs], outputs)
    if isinstance(wanted, Invalid):
        return wanted
    columns = _columns(message, inputs, rows_limit)
    if isinstance(columns, Invalid):
        return columns
    rows = len(next(iter(columns.values())))
    return InferenceRequest(columns, rows, wanted, message.id or None)


def _columns(message: Message, inputs: Inputs, rows_limit: int) -> Columns | Invalid:
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        return Invalid(
            f"'raw_input_contents' has {len(raw)} entries for {len(message.inputs)} inputs"
        )
    tensors = [_described(tensor) for tensor in message.inputs]
    arrays = []
    for place, (tensor, given) in enumerate(zip(tensors, message.inputs, strict=True)):
        values = _elements(tensor, given, raw[place] if raw else None)
        if isinstance(values, Invalid):
            return Invalid(f"Input {shown(tensor['name'])}: {values.message}")
        arrays.append(values)
    if is_matrix(tensors, inputs):
        columns = matrix_columns(arrays[0], tensors[0], inputs, rows_limit)
        if isinstance(columns, Invalid):
            name = shown(tensors[0]["name"])
            return Invalid(f"Input {name}: {columns.message}", columns.status)
    else:
        columns = _named(tensors, arrays, inputs)
    return (
        columns if isinstance(columns, Invalid) else complete_columns(columns, inputs, rows_limit)
    )


def _described(tensor: Message) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}


def _elements(tensor: dict[str, Any], given: Message, raw: bytes | None) -> NDArray[Any] | Invalid:
    datatype, shape = tensor["datatype"], tensor["shape"]
    if len(shape) not in (1, 2) or min(shape) < 0:
        return Invalid("shape must be a list of one or two sizes")
    elements = int(np.prod(shape, dtype=object))
    if raw is not None:
        if datatype not in NUMPY_TYPES and datatype != "BYTES":
            return Invalid(f"no datatype {datatype!r:.40}")
        return array_of(memoryview(raw), datatype, elements)
    field = _CONTENTS.get(datatype)
    if field is None:
        return Invalid(f"no typed contents of datatype {datatype!r:.40}")
    contents = getattr(given.contents, field)
    if len(contents) != elements:
        return Invalid(
            f"shape {shape} takes {elements} elements, but '{field}' has {len(contents)}"
        )
    if datatype == "BYTES":
        return texts_of(contents)
    return np.array(contents, dtype=np.float64 if "INT" not in datatype else None)


def _named(
    tensors: list[dict[str, Any]], arrays: list[NDArray[Any]], inputs: Inputs
) -> Columns | Invalid:
    columns: dict[str, NDArray[Any]] = {}
    for tensor, values in zip(tensors, arrays, strict=True):
        name = tensor["name"]
        spec = inputs.get(name)
        if spec is None:
            return no_input(name, inputs)
        if name in columns:
            return Invalid(f"Input {shown(name)} is given twice")
        column = column_from_array(values, tensor["datatype"], tensor["shape"], spec)
        if isinstance(column, Invalid):
            return Invalid(f"Input {shown(name)}: {column.message}")
        columns[name] = column
    return columns
