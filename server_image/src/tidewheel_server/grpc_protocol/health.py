"""Health checks as gRPC defines them (grpc.health.v1), from the state of the model.

`Watch` is not there; clients then ask again by `Check`, as its definition says.
"""

import grpc
from google.protobuf.message import Message

from tidewheel_server.application import Application
from tidewheel_server.grpc_protocol.schema import HEALTH, INFERENCE, message_class
from tidewheel_server.model_state import unready_reason

__all__ = ["health_handlers"]

_SERVING, _NOT_SERVING = 1, 2


def health_handlers(application: Application) -> grpc.GenericRpcHandler:
    """Return what answers health checks, of the server as a whole or of its inference service."""
    response_class = message_class(f"{HEALTH.rpartition('.')[0]}.HealthCheckResponse")

    async def check(request: Message, context: grpc.aio.ServicerContext) -> Message:
        if request.service not in ("", INFERENCE):
            await context.abort(grpc.StatusCode.NOT_FOUND, f"The only service is {INFERENCE}")
        is_ready = unready_reason(application.state) is None
        return response_class(status=_SERVING if is_ready else _NOT_SERVING)

    handler = grpc.unary_unary_rpc_method_handler(
        check,
        request_deserializer=message_class("grpc.health.v1.HealthCheckRequest").FromString,
        response_serializer=response_class.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(HEALTH, {"Check": handler})
