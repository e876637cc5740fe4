"""The answers that describe server and model: pure, from identity and state."""

from typing import Any

from tidewheel_server.http.message import HttpResponse, error_response, header_line, json_response
from tidewheel_server.model_state import (
    Identity,
    ModelState,
    ServedModel,
    served_model,
    unready_reason,
)
from tidewheel_server.protocol.routes import Endpoint
from tidewheel_server.tensors import TensorSpec

__all__ = ["SERVER_NAME", "describe", "not_ready"]

SERVER_NAME = "tidewheel"

_RETRY_SOON = header_line("retry-after", "1")


def describe(
    endpoint: Endpoint, identity: Identity, state: ModelState, server_version: str
) -> HttpResponse:
    """Return the answer of an endpoint that predicts nothing."""
    if endpoint is Endpoint.LIVE:
        return json_response(200, {"live": True})
    if endpoint is Endpoint.READY:
        return _readiness({}, state)
    if endpoint is Endpoint.MODELS:
        return json_response(200, {"models": [identity.model_name]})
    if endpoint is Endpoint.MODEL_READY:
        return _readiness({"name": identity.model_name}, state)
    if endpoint is Endpoint.MODEL_METADATA:
        model = served_model(state)
        return not_ready(state) if model is None else _model_metadata(model)
    return json_response(200, {"name": SERVER_NAME, "version": server_version, "extensions": []})


def not_ready(state: ModelState) -> HttpResponse:
    """Return the answer to whoever needs the model before it is loaded."""
    message = f"The model is not ready: {unready_reason(state)}"
    return error_response(503, message, _RETRY_SOON)


def _readiness(document: dict[str, Any], state: ModelState) -> HttpResponse:
    reason = unready_reason(state)
    if reason is None:
        return json_response(200, {**document, "ready": True})
    return json_response(503, {**document, "ready": False, "reason": reason})


def _model_metadata(model: ServedModel) -> HttpResponse:
    identity = model.identity
    return json_response(
        200,
        {
            "name": identity.model_name,
            "versions": [identity.version],
            "platform": model.engine.platform,
            "inputs": [_tensor(spec) for spec in model.inputs.values()],
            "outputs": [_tensor(spec) for spec in model.outputs.values()],
            "properties": {
                "version_name": identity.version_name,
                "artifact_digest": identity.artifact_digest,
                "task": model.manifest.task,
                # The columns of `probability`, and the values of `predict`, in this order; a model
                # of a number has none.
                "classes": list(model.manifest.classes),
                # Faster kinds of engines than `platform`, and why they do not serve.
                "refused_engines": {each.engine: each.reason for each in model.refused},
            },
        },
        model.header_lines,
    )


def _tensor(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": spec.datatype, "shape": list(spec.shape)}
