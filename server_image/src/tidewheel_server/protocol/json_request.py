"""The body of an inference request in, columns of the model out: pure, every refusal a value.

Numbers are taken as written: a tensor declared FP32 is not rounded to it. JSON has no NaN and no
infinity, and neither do we: the tokens are malformed JSON, null is a missing value, and a number
beyond the range of FP64 is refused. In binary tensors NaN is a missing value.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Columns
from tidewheel_server.http.message import shown
from tidewheel_server.protocol.binary_request import (
    arrays_of,
    bytes_left,
    raw_document,
    split_body,
)
from tidewheel_server.protocol.inference_request import (
    InferenceRequest,
    complete_columns,
    no_input,
)
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.matrix import is_matrix, matrix_columns, matrix_in_json
from tidewheel_server.protocol.tensor_data import column_from_array, column_of
from tidewheel_server.protocol.wanted_outputs import wanted_outputs
from tidewheel_server.tensors import TensorSpec

__all__ = ["decode_request"]

Inputs = Mapping[str, TensorSpec]


def decode_request(
    body: bytes,
    inputs: Inputs,
    outputs: Mapping[str, TensorSpec],
    *,
    json_length: bytes | None,
    rows_limit: int,
) -> InferenceRequest | Invalid:
    """Return the request, or what is wrong with it in one sentence.

    `json_length` is the header Inference-Header-Content-Length, if there was one.
    """
    parts = split_body(body, json_length)
    if isinstance(parts, Invalid):
        return parts
    head, tail = parts
    document = _document(head) if head or not tail else raw_document(tail, inputs)
    if isinstance(document, Invalid):
        return document
    request_id = document.get("id")
    if request_id is not None and not isinstance(request_id, str):
        return Invalid("'id' must be a string")
    wanted = wanted_outputs(document, outputs)
    if isinstance(wanted, Invalid):
        return wanted
    binary = None if json_length is None else tail
    columns = _columns(document.get("inputs"), binary, inputs, rows_limit)
    if isinstance(columns, Invalid):
        return columns
    rows = len(next(iter(columns.values())))
    return InferenceRequest(columns, rows, wanted.outputs, request_id, wanted.binary)


def _document(head: memoryview) -> dict[str, Any] | Invalid:
    try:
        document = orjson.loads(head)
    except orjson.JSONDecodeError as error:
        return Invalid(f"The body is not JSON: {error}")
    if not isinstance(document, dict):
        return Invalid("The body must be a JSON object with the key 'inputs'")
    return document


def _columns(
    tensors: object, tail: memoryview | None, inputs: Inputs, rows_limit: int
) -> Columns | Invalid:
    if not isinstance(tensors, list):
        return Invalid("'inputs' must be a list of tensors")
    arrays: Mapping[int, NDArray[Any]] = {}
    if tail is not None:
        found = arrays_of(tensors, tail)
        if isinstance(found, Invalid):
            return found
        arrays, used = found
        if used < len(tail):
            return bytes_left(len(tail) - used)
    if is_matrix(tensors, inputs):
        return _matrix(tensors[0], arrays.get(0), inputs, rows_limit)
    columns = _named(tensors, arrays, inputs)
    if isinstance(columns, Invalid):
        return columns
    return complete_columns(columns, inputs, rows_limit)


def _named(
    tensors: list[Any], arrays: Mapping[int, NDArray[Any]], inputs: Inputs
) -> Columns | Invalid:
    columns: dict[str, NDArray[Any]] = {}
    for place, tensor in enumerate(tensors):
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            return Invalid("Each of 'inputs' must be an object with a 'name'")
        spec = inputs.get(name)
        if spec is None:
            return no_input(name, inputs)
        if name in columns:
            return Invalid(f"Input {shown(name)} is given twice")
        values = arrays.get(place)
        column = (
            column_of(tensor, spec)
            if values is None
            else column_from_array(values, tensor.get("datatype"), tensor.get("shape"), spec)
        )
        if isinstance(column, Invalid):
            return Invalid(f"Input {shown(name)}: {column.message}", column.status)
        columns[name] = column
    return columns


def _matrix(
    tensor: dict[str, Any], values: NDArray[Any] | None, inputs: Inputs, rows_limit: int
) -> Columns | Invalid:
    columns = (
        matrix_in_json(tensor, inputs, rows_limit)
        if values is None
        else matrix_columns(values, tensor, inputs, rows_limit)
    )
    if isinstance(columns, Invalid):
        return Invalid(f"Input {shown(tensor['name'])}: {columns.message}", columns.status)
    return complete_columns(columns, inputs, rows_limit)
