"""The binary tensor extension of a request: where JSON ends, and which bytes are whose; pure."""

import math
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from tidewheel_server.http.message import shown
from tidewheel_server.protocol.binary_data import array_of
from tidewheel_server.protocol.datatypes import NUMPY_TYPES
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.tensor_data import sizes_of
from tidewheel_server.tensors import TensorSpec

__all__ = ["SIZE", "arrays_of", "bytes_left", "raw_document", "split_body"]

SIZE = "binary_data_size"

_DIGITS = 18


def split_body(body: bytes, json_length: bytes | None) -> tuple[memoryview, memoryview] | Invalid:
    """Return the JSON part and the tensors, as Inference-Header-Content-Length says."""
    if json_length is None:
        return memoryview(body), memoryview(b"")
    if not json_length.isdigit() or len(json_length) > _DIGITS:
        return Invalid("Inference-Header-Content-Length must be a number of bytes")
    length = int(json_length)
    if length > len(body):
        return Invalid(
            f"Inference-Header-Content-Length is {length}, but the body has {len(body)} bytes"
        )
    view = memoryview(body)
    return view[:length], view[length:]


def raw_document(tail: memoryview, inputs: Mapping[str, TensorSpec]) -> dict[str, Any] | Invalid:
    """Return the request that a body without JSON stands for: the rows of a model's one input."""
    if len(inputs) != 1:
        return Invalid(
            "A body of one raw tensor is for models of one input, and this one takes "
            f"{len(inputs)}: Inference-Header-Content-Length must not be 0"
        )
    [spec] = inputs.values()
    numpy_type = NUMPY_TYPES.get(spec.datatype)
    if numpy_type is None:
        return Invalid("A body of one raw tensor holds numbers, but the model takes text")
    rows = len(tail) // numpy_type.itemsize
    tensor = {
        "name": spec.name,
        "datatype": spec.datatype,
        "shape": [rows],
        "parameters": {SIZE: len(tail)},
    }
    # As Triton answers such a request: in binary.
    return {"inputs": [tensor], "parameters": {"binary_data_output": True}}


def arrays_of(
    tensors: list[Any], tail: memoryview
) -> tuple[Mapping[int, NDArray[Any]], int] | Invalid:
    """Return the elements of the binary tensors by place in the request, and the bytes used."""
    arrays: dict[int, NDArray[Any]] = {}
    position = 0
    for place, tensor in enumerate(tensors):
        parameters = tensor.get("parameters") if isinstance(tensor, dict) else None
        if not isinstance(parameters, dict) or SIZE not in parameters:
            continue
        size = parameters[SIZE]
        if type(size) is not int or not 0 <= size <= len(tail) - position:
            values: NDArray[Any] | Invalid = Invalid(
                f"{SIZE} is {size!r:.40}, but {len(tail) - position} bytes are left for it"
            )
        else:
            values = _array(tensor, tail[position : position + size])
        if isinstance(values, Invalid):
            return Invalid(f"Input {shown(str(tensor.get('name')))}: {values.message}")
        position += size
        arrays[place] = values
    return arrays, position


def bytes_left(count: int) -> Invalid:
    """Return the refusal of bytes behind the JSON that no tensor claims."""
    return Invalid(f"{count} bytes of the body belong to no input's {SIZE}")


def _array(tensor: dict[str, Any], data: memoryview) -> NDArray[Any] | Invalid:
    if "data" in tensor:
        return Invalid(f"either data or {SIZE}, not both")
    datatype, shape = tensor.get("datatype"), sizes_of(tensor.get("shape"))
    if not isinstance(datatype, str) or datatype not in {*NUMPY_TYPES, "BYTES"}:
        return Invalid(f"no datatype {datatype!r:.40}")
    if shape is None or len(shape) not in (1, 2):
        return Invalid("shape must be a list of one or two sizes")
    return array_of(data, datatype, math.prod(shape))
