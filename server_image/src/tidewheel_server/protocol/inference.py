"""One inference from body to response; requests and the readiness check both take this path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.engine import ValuesRefusedError
from tidewheel_server.http.message import HttpRequest, HttpResponse, error_response
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.json_request import decode_request
from tidewheel_server.protocol.json_response import encode_outputs
from tidewheel_server.protocol.tensor_data import Invalid

__all__ = ["Inference", "infer", "rows_body", "sample_body", "unsupported_encoding"]


@dataclass(frozen=True, slots=True)
class Inference:
    """The answer, and how many rows were predicted."""

    response: HttpResponse
    rows: int = 0


def infer(model: ServedModel, body: bytes) -> Inference:
    """Return the answer to an inference request."""
    request = decode_request(body, model.inputs, model.outputs)
    if isinstance(request, Invalid):
        return Inference(error_response(400, request.message, model.header_lines))
    try:
        outputs = model.engine.predict(request.columns)
    except ValuesRefusedError as error:
        return Inference(error_response(400, str(error), model.header_lines))
    response = encode_outputs(request, outputs, model.identity, model.header_lines)
    return Inference(response, request.rows)


def unsupported_encoding(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a body that is not plain JSON, though it may be valid."""
    if b"inference-header-content-length" in request.headers:
        return error_response(501, "Binary tensors are not supported; send the data as JSON")
    coding = request.headers.get(b"content-encoding", b"identity").lower()
    if coding != b"identity":
        return error_response(415, "The body must not be compressed")
    return None


def sample_body(manifest: ModelManifest) -> bytes:
    """Return the inference request for the manifest's sample rows, as a client would send it."""
    return rows_body(manifest, manifest.sample)


def rows_body(manifest: ModelManifest, columns: Sequence[Sequence[Any]]) -> bytes:
    """Return the inference request for rows, given column by column in the manifest's order."""
    return orjson.dumps(
        {
            "inputs": [
                {
                    "name": column.name,
                    "shape": [len(values)],
                    "datatype": column.datatype,
                    "data": list(values),
                }
                for column, values in zip(manifest.inputs, columns, strict=True)
            ]
        }
    )
