"""The calls of the protocol, answered from the same state, by the same checks as over HTTP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message

from tidewheel_server.application import Application, inline_bytes
from tidewheel_server.grpc_protocol.request import decode_message
from tidewheel_server.grpc_protocol.response import encode_message, model_metadata
from tidewheel_server.grpc_protocol.schema import INFERENCE, message_class
from tidewheel_server.log import log_defect
from tidewheel_server.model_state import Identity, ServedModel, served_model, unready_reason
from tidewheel_server.monitoring.metrics import InferenceTimes
from tidewheel_server.protocol.inference import Prediction, predicted
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.metadata import SERVER_NAME
from tidewheel_server.protocol.routes import Endpoint, not_here

__all__ = ["inference_handlers"]

_STATUS_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE,
}

_UNAVAILABLE = 503
_ModelInferRequest = message_class("inference.ModelInferRequest")
# The fields of a response, the response itself, or why there is none.
_Describe = Callable[[Message], object]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A message and what was predicted for it, or why there is none."""

    message: bytes | Invalid
    prediction: Prediction | None = None


def inference_handlers(
    application: Application, identity: Identity, *, rows_limit: int, server_version: str
) -> grpc.GenericRpcHandler:
    """Return what answers the calls of GRPCInferenceService."""

    def ready(_request: Message) -> dict[str, Any]:
        return {"ready": unready_reason(application.state) is None}

    def model_is_ready(request: Message) -> object:
        refusal = not_here(identity, request.name, request.version)
        return ready(request) if refusal is None else Invalid(refusal, 404)

    def metadata(request: Message) -> object:
        refusal = not_here(identity, request.name, request.version)
        if refusal is not None:
            return Invalid(refusal, 404)
        model = served_model(application.state)
        return _not_ready(application) if model is None else model_metadata(model)

    def server(_request: Message) -> dict[str, Any]:
        return {"name": SERVER_NAME, "version": server_version}

    described = {
        ("ServerLive", Endpoint.LIVE): lambda _request: {"live": True},
        ("ServerReady", Endpoint.READY): ready,
        ("ModelReady", Endpoint.MODEL_READY): model_is_ready,
        ("ServerMetadata", Endpoint.SERVER_METADATA): server,
        ("ModelMetadata", Endpoint.MODEL_METADATA): metadata,
    }
    handlers = {
        call: _describing(application, call, endpoint, describe)
        for (call, endpoint), describe in described.items()
    }
    handlers["ModelInfer"] = _inferring(application, identity, rows_limit)
    return grpc.method_handlers_generic_handler(INFERENCE, handlers)


def _describing(
    application: Application, call: str, endpoint: Endpoint, describe: _Describe
) -> grpc.RpcMethodHandler:
    response_class = message_class(f"inference.{call}Response")

    async def answer(request: Message, context: grpc.aio.ServicerContext) -> Message:
        found = describe(request)
        status = found.status if isinstance(found, Invalid) else 200
        application.metrics.count_request(endpoint, status)
        if isinstance(found, Invalid):
            return await context.abort(_STATUS_CODES[status], found.message)
        return response_class(**found) if isinstance(found, dict) else found

    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=message_class(f"inference.{call}Request").FromString,
        response_serializer=response_class.SerializeToString,
    )


def _inferring(
    application: Application, identity: Identity, rows_limit: int
) -> grpc.RpcMethodHandler:
    """Return the handler of ModelInfer.

    It takes and gives encoded messages, so that a large one is decoded and encoded in the worker.
    """
    traced = (
        ("tidewheel-model-version", identity.version),
        ("tidewheel-artifact-digest", identity.artifact_digest),
    )

    async def answer(data: bytes, context: grpc.aio.ServicerContext) -> bytes | None:
        received = time.perf_counter_ns()
        found, begun = await _infer_somewhere(application, identity, data, rows_limit)
        status = found.message.status if isinstance(found.message, Invalid) else 200
        application.metrics.count_request(Endpoint.INFER, status)
        if status != _UNAVAILABLE:
            times = InferenceTimes(received, begun, time.perf_counter_ns())
            application.metrics.count_inference(status, found.prediction, times)
        context.set_trailing_metadata(traced)
        if isinstance(found.message, Invalid):
            await context.abort(_STATUS_CODES[status], found.message.message, traced)
            return None  # for the type checker: abort raises
        return found.message

    return grpc.unary_unary_rpc_method_handler(answer)


async def _infer_somewhere(
    application: Application, identity: Identity, data: bytes, rows_limit: int
) -> tuple[_Answer, int]:
    """Return the answer, and the reading of the clock when its turn came."""
    begun = time.perf_counter_ns()
    model = served_model(application.state)
    if model is None:
        return _Answer(_not_ready(application)), begun
    if len(data) <= inline_bytes(model):
        return _infer_safely(model, data, rows_limit), begun
    if application.is_overloaded:
        refusal = Invalid("Too many large requests are waiting already; try again", 503)
        return _Answer(refusal), begun
    return await application.in_worker(lambda: _infer_safely(model, data, rows_limit))


def _infer_safely(model: ServedModel, data: bytes, rows_limit: int) -> _Answer:
    try:
        return _infer(model, data, rows_limit)
    except Exception as error:
        log_defect("inference failed", error)
        return _Answer(Invalid("The server has a defect; its log says more", 500))


def _infer(model: ServedModel, data: bytes, rows_limit: int) -> _Answer:
    try:
        message = _ModelInferRequest.FromString(data)
    except DecodeError as error:
        return _Answer(Invalid(f"The message is no ModelInferRequest: {error}"))
    refusal = not_here(model.identity, message.model_name, message.model_version)
    if refusal is not None:
        return _Answer(Invalid(refusal, 404))
    request = decode_message(message, model.inputs, model.outputs, rows_limit=rows_limit)
    if isinstance(request, Invalid):
        return _Answer(request)
    begun = time.perf_counter_ns()
    values = predicted(model, request)
    if isinstance(values, Invalid):
        return _Answer(values)
    prediction = Prediction(values, request.rows, time.perf_counter_ns() - begun)
    is_raw = bool(message.raw_input_contents)
    response = encode_message(request, values.outputs, model.identity, raw=is_raw)
    return _Answer(response.SerializeToString(), prediction)


def _not_ready(application: Application) -> Invalid:
    return Invalid(f"The model is not ready: {unready_reason(application.state)}", 503)
