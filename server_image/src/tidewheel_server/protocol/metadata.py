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

__all__ = ["EXTENSIONS", "SERVER_NAME", "describe", "not_ready"]

SERVER_NAME = "tidewheel"

# In Triton's words; what is named here works as Triton documents it.
EXTENSIONS = ("binary_tensor_data", "model_repository", "statistics")

_NO_CONTROL = (
    "A server serves the one version that its ModelDeployment names: change that to load or unload "
    "a model"
)
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
    if endpoint in (Endpoint.MODEL_READY, Endpoint.V1_MODEL):
        return _readiness({"name": identity.model_name}, state)
    if endpoint is Endpoint.MODEL_METADATA:
        model = served_model(state)
        return not_ready(state) if model is None else _model_metadata(model)
    if endpoint is Endpoint.ALIVE:
        return json_response(200, {"status": "alive"})
    if endpoint is Endpoint.EXPLAIN:
        return error_response(501, "The server explains no predictions; the model's report does")
    if endpoint is Endpoint.REPOSITORY_CONTROL:
        return error_response(501, _NO_CONTROL)
    return json_response(
        200, {"name": SERVER_NAME, "version": server_version, "extensions": EXTENSIONS}
    )


def not_ready(state: ModelState) -> HttpResponse:
    """Return the answer to whoever needs the model before it is loaded."""
    message = f"The model is not ready: {unready_reason(state)}"
    return error_response(503, message, _RETRY_SOON)


def _readiness(document: dict[str, Any], state: ModelState) -> HttpResponse:
    reason = unready_reason(state)
    if reason is None:
        return json_response(200, {**document, "ready": True})
    return json_response(503, {**document, "ready": False, "error": reason}, _RETRY_SOON)


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
