"""One inference from body to response; requests and the readiness check both take this path."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tidewheel_contracts.artifact.model import ModelManifest
from tidewheel_server.engines.direct import DirectAnswer
from tidewheel_server.engines.engine import Columns, Outputs, ValuesRefusedError
from tidewheel_server.http.message import JSON, HttpResponse, error_response
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference_request import InferenceRequest
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.json_request import decode_request
from tidewheel_server.protocol.json_response import encode_outputs
from tidewheel_server.protocol.v1 import decode_instances, encode_predictions

__all__ = [
    "Inference",
    "Predicted",
    "Prediction",
    "infer",
    "predict_instances",
    "predicted",
    "rows_body",
    "sample_body",
]

_NO_LIMIT = sys.maxsize


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the engine was asked, and what it answered."""

    columns: Columns
    outputs: Outputs


@dataclass(frozen=True, slots=True)
class Prediction:
    """Some rows that were predicted, and how long it took.

    An engine that answers a body in one call took the whole of that for it.
    """

    values: Predicted | DirectAnswer
    rows: int
    model_nanoseconds: int


@dataclass(frozen=True, slots=True)
class Inference:
    """The answer, and what was predicted for it: nothing if it is a refusal."""

    response: HttpResponse
    prediction: Prediction | None = None


def infer(
    model: ServedModel,
    body: bytes,
    *,
    json_length: bytes | None = None,
    rows_limit: int = _NO_LIMIT,
) -> Inference:
    """Return the answer to an inference request of V2.

    `json_length` is the header Inference-Header-Content-Length of a request with binary tensors.
    """
    if json_length is None and model.direct is not None:
        begun = time.perf_counter_ns()
        answered = model.direct(body, rows_limit)
        if answered is not None:
            spent = time.perf_counter_ns() - begun
            response = HttpResponse(200, answered.response, JSON, model.header_lines)
            return Inference(response, Prediction(answered, answered.rows, spent))
    request = decode_request(
        body, model.inputs, model.outputs, json_length=json_length, rows_limit=rows_limit
    )
    return _answered(
        model,
        request,
        lambda valid, outputs: encode_outputs(valid, outputs, model.identity, model.header_lines),
    )


def predict_instances(model: ServedModel, body: bytes, *, rows_limit: int = _NO_LIMIT) -> Inference:
    """Return the answer to a prediction request of V1."""
    request = decode_instances(body, model.inputs, model.outputs, rows_limit=rows_limit)
    return _answered(
        model, request, lambda _, outputs: encode_predictions(outputs, model.header_lines)
    )


def _answered(
    model: ServedModel,
    request: InferenceRequest | Invalid,
    encode: Callable[[InferenceRequest, Outputs], HttpResponse],
) -> Inference:
    if isinstance(request, Invalid):
        return _refused(model, request)
    begun = time.perf_counter_ns()
    values = predicted(model, request)
    if isinstance(values, Invalid):
        return _refused(model, values)
    prediction = Prediction(values, request.rows, time.perf_counter_ns() - begun)
    return Inference(encode(request, values.outputs), prediction)


def predicted(model: ServedModel, request: InferenceRequest) -> Predicted | Invalid:
    """Return what the model answers to a valid request, or why it does not."""
    try:
        return Predicted(request.columns, model.engine.predict(request.columns))
    except ValuesRefusedError as error:
        return Invalid(str(error))


def _refused(model: ServedModel, invalid: Invalid) -> Inference:
    return Inference(error_response(invalid.status, invalid.message, model.header_lines))


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
