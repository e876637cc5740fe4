"""Reflection (grpc.reflection.v1 and v1alpha): tells tools such as grpcurl what may be called."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message

from tidewheel_server.grpc_protocol.schema import (
    HEALTH,
    INFERENCE,
    POOL,
    REFLECTION,
    REFLECTION_ALPHA,
    message_class,
)

__all__ = ["reflection_handlers"]

_SERVICES = (HEALTH, INFERENCE, REFLECTION, REFLECTION_ALPHA)


def reflection_handlers() -> list[grpc.GenericRpcHandler]:
    """Return what answers questions for services, files and symbols, in both versions."""
    return [_handlers(service) for service in (REFLECTION, REFLECTION_ALPHA)]


def _handlers(service: str) -> grpc.GenericRpcHandler:
    package = service.rpartition(".")[0]
    response_class = message_class(f"{package}.ServerReflectionResponse")

    async def info(
        requests: AsyncIterator[Message], _context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Message]:
        async for request in requests:
            yield response_class(
                valid_host=request.host, original_request=request, **_answer(request)
            )

    handler = grpc.stream_stream_rpc_method_handler(
        info,
        request_deserializer=message_class(f"{package}.ServerReflectionRequest").FromString,
        response_serializer=response_class.SerializeToString,
    )
    return grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": handler})


def _answer(request: Message) -> dict[str, Any]:
    """Return the chosen field of the response."""
    if request.HasField("list_services"):
        return {"list_services_response": {"service": [{"name": name} for name in _SERVICES]}}
    try:
        file = _file(request)
    except KeyError:
        return _error(grpc.StatusCode.NOT_FOUND, "There is no such file or symbol")
    if file is None:
        return _error(grpc.StatusCode.UNIMPLEMENTED, "There are no extensions of messages")
    # No file of ours needs another one.
    return {"file_descriptor_response": {"file_descriptor_proto": [file.serialized_pb]}}


def _file(request: Message) -> FileDescriptor | None:
    if request.HasField("file_by_filename"):
        return POOL.FindFileByName(request.file_by_filename)
    if request.HasField("file_containing_symbol"):
        return POOL.FindFileContainingSymbol(request.file_containing_symbol)
    return None


def _error(code: grpc.StatusCode, message: str) -> dict[str, Any]:
    return {"error_response": {"error_code": code.value[0], "error_message": message}}
