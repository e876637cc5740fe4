"""The engine's outputs in, the body of an inference response out: pure.

Outputs that the request wants in binary follow the JSON as raw tensors, in its order.
"""

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Outputs
from tidewheel_server.http.message import HttpResponse, header_line, json_response
from tidewheel_server.model_state import Identity
from tidewheel_server.protocol.binary_data import bytes_of
from tidewheel_server.protocol.binary_request import SIZE
from tidewheel_server.protocol.inference_request import InferenceRequest

__all__ = ["encode_outputs"]


def encode_outputs(
    request: InferenceRequest, outputs: Outputs, identity: Identity, header_lines: bytes
) -> HttpResponse:
    """Return the response with the outputs that the request asked for, data flat and row-major."""
    document: dict[str, Any] = {
        "model_name": identity.model_name,
        "model_version": identity.version,
    }
    if request.id is not None:
        document["id"] = request.id
    if request.binary:
        return _with_binary(document, request, outputs, header_lines)
    document["outputs"] = [
        {
            "name": spec.name,
            "shape": list(outputs[spec.name].shape),
            "datatype": spec.datatype,
            "data": _data(outputs[spec.name]),
        }
        for spec in request.outputs
    ]
    return json_response(200, document, header_lines)


def _with_binary(
    document: dict[str, Any], request: InferenceRequest, outputs: Outputs, header_lines: bytes
) -> HttpResponse:
    document["outputs"] = tensors = []
    parts = []
    for spec in request.outputs:
        values = outputs[spec.name]
        tensor: dict[str, Any] = {
            "name": spec.name,
            "shape": list(values.shape),
            "datatype": spec.datatype,
        }
        if spec.name in request.binary:
            parts.append(bytes_of(values, spec.datatype))
            tensor["parameters"] = {SIZE: len(parts[-1])}
        else:
            tensor["data"] = _data(values)
        tensors.append(tensor)
    head = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    length = header_line("inference-header-content-length", str(len(head)))
    return HttpResponse(
        200, b"".join((head, *parts)), b"application/octet-stream", header_lines + length
    )


def _data(values: NDArray[Any]) -> list[Any] | NDArray[Any]:
    # The encoder takes arrays of numbers as they are, in memory order; text must be a list.
    flat = values.reshape(-1)
    return flat.tolist() if values.dtype == object else np.ascontiguousarray(flat)
