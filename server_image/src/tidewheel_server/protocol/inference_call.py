"""One inference as HTTP brought it: which protocol, which encodings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tidewheel_server.http.content_coding import Undecodable, compressed, decoded
from tidewheel_server.http.message import HttpRequest
from tidewheel_server.model_state import ServedModel
from tidewheel_server.protocol.inference import Inference, infer, predict_instances
from tidewheel_server.protocol.routes import Endpoint

__all__ = ["InferenceCall", "infer_call", "unpacked"]


@dataclass(frozen=True, slots=True)
class InferenceCall:
    """The endpoint is INFER or PREDICT; the body is no longer compressed."""

    endpoint: Endpoint
    headers: Mapping[bytes, bytes]
    body: bytes
    rows_limit: int


def unpacked(request: HttpRequest, limit_bytes: int) -> bytes | Undecodable:
    """Return the body without its Content-Encoding."""
    coding = request.headers.get(b"content-encoding")
    return request.body if coding is None else decoded(request.body, coding, limit_bytes)


def infer_call(model: ServedModel, call: InferenceCall) -> Inference:
    """Return the answer, compressed if the client takes that and it pays."""
    if call.endpoint is Endpoint.PREDICT:
        inference = predict_instances(model, call.body, rows_limit=call.rows_limit)
    else:
        inference = infer(
            model,
            call.body,
            json_length=call.headers.get(b"inference-header-content-length"),
            rows_limit=call.rows_limit,
        )
    accepted = call.headers.get(b"accept-encoding")
    if accepted is None:
        return inference
    return replace(inference, response=compressed(inference.response, accepted))
