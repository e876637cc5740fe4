"""The engine's outputs in, the body of an inference response out: pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Outputs
from tidewheel_server.http.message import HttpResponse, json_response
from tidewheel_server.model_state import Identity
from tidewheel_server.protocol.json_request import InferenceRequest

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


def _data(values: NDArray[Any]) -> list[Any] | NDArray[Any]:
    # The encoder takes arrays of numbers as they are, in memory order; text must be a list.
    flat = values.reshape(-1)
    return flat.tolist() if values.dtype == object else np.ascontiguousarray(flat)
