"""The messages of the protocol, of health checks and of reflection, built without a compiler.

Names and numbers of the fields are those of `open_inference_grpc.proto` of
kserve/open-inference-protocol, and of `health.proto` and `reflection.proto` of grpc/grpc-proto.
They live in a pool of their own, so that other definitions of the same messages do no harm.
"""

from collections.abc import Mapping

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

__all__ = ["HEALTH", "INFERENCE", "POOL", "REFLECTION", "REFLECTION_ALPHA", "message_class"]

INFERENCE = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1.ServerReflection"
REFLECTION_ALPHA = "grpc.reflection.v1alpha.ServerReflection"

_SCALARS = {
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}

# Each field in the order of its number, as a .proto file has it: "repeated" and "map" before the
# type, "oneof" for the members of the only choice of a message. None leaves a number out.
_Fields = tuple[str | None, ...]

_PARAMETERS = "map InferParameter parameters"
_TENSOR: _Fields = (
    "string name",
    "string datatype",
    "repeated int64 shape",
    _PARAMETERS,
    "InferTensorContents contents",
)
_INFERENCE_MESSAGES: Mapping[str, _Fields] = {
    "ServerLiveRequest": (),
    "ServerLiveResponse": ("bool live",),
    "ServerReadyRequest": (),
    "ServerReadyResponse": ("bool ready",),
    "ModelReadyRequest": ("string name", "string version"),
    "ModelReadyResponse": ("bool ready",),
    "ServerMetadataRequest": (),
    "ServerMetadataResponse": ("string name", "string version", "repeated string extensions"),
    "ModelMetadataRequest": ("string name", "string version"),
    "ModelMetadataResponse": (
        "string name",
        "repeated string versions",
        "string platform",
        "repeated ModelMetadataResponse.TensorMetadata inputs",
        "repeated ModelMetadataResponse.TensorMetadata outputs",
    ),
    "ModelMetadataResponse.TensorMetadata": (
        "string name",
        "string datatype",
        "repeated int64 shape",
    ),
    "ModelInferRequest": (
        "string model_name",
        "string model_version",
        "string id",
        _PARAMETERS,
        "repeated ModelInferRequest.InferInputTensor inputs",
        "repeated ModelInferRequest.InferRequestedOutputTensor outputs",
        "repeated bytes raw_input_contents",
    ),
    "ModelInferRequest.InferInputTensor": _TENSOR,
    "ModelInferRequest.InferRequestedOutputTensor": ("string name", _PARAMETERS),
    "ModelInferResponse": (
        "string model_name",
        "string model_version",
        "string id",
        _PARAMETERS,
        "repeated ModelInferResponse.InferOutputTensor outputs",
        "repeated bytes raw_output_contents",
    ),
    "ModelInferResponse.InferOutputTensor": _TENSOR,
    "InferParameter": (
        "oneof bool bool_param",
        "oneof int64 int64_param",
        "oneof string string_param",
        "oneof double double_param",
        "oneof uint64 uint64_param",
    ),
    "InferTensorContents": (
        "repeated bool bool_contents",
        "repeated int32 int_contents",
        "repeated int64 int64_contents",
        "repeated uint32 uint_contents",
        "repeated uint64 uint64_contents",
        "repeated float fp32_contents",
        "repeated double fp64_contents",
        "repeated bytes bytes_contents",
    ),
}
_HEALTH_MESSAGES: Mapping[str, _Fields] = {
    "HealthCheckRequest": ("string service",),
    "HealthCheckResponse": ("enum ServingStatus status",),
}
_SERVING_STATUS = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_REFLECTION_MESSAGES: Mapping[str, _Fields] = {
    "ServerReflectionRequest": (
        "string host",
        None,
        "oneof string file_by_filename",
        "oneof string file_containing_symbol",
        "oneof ExtensionRequest file_containing_extension",
        "oneof string all_extension_numbers_of_type",
        "oneof string list_services",
    ),
    "ExtensionRequest": ("string containing_type", "int32 extension_number"),
    "ServerReflectionResponse": (
        "string valid_host",
        "ServerReflectionRequest original_request",
        None,
        "oneof FileDescriptorResponse file_descriptor_response",
        "oneof ExtensionNumberResponse all_extension_numbers_response",
        "oneof ListServiceResponse list_services_response",
        "oneof ErrorResponse error_response",
    ),
    "FileDescriptorResponse": ("repeated bytes file_descriptor_proto",),
    "ExtensionNumberResponse": ("string base_type_name", "repeated int32 extension_number"),
    "ListServiceResponse": ("repeated ServiceResponse service",),
    "ServiceResponse": ("string name",),
    "ErrorResponse": ("int32 error_code", "string error_message"),
}


def message_class(name: str) -> type[Message]:
    """Return the class of a message by its full name."""
    found: type[Message] = message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))
    return found


def _file(name: str, package: str, messages: Mapping[str, _Fields]) -> FileDescriptorProto:
    file = FileDescriptorProto(name=name, package=package, syntax="proto3")
    placed: dict[str, DescriptorProto] = {}
    for path, fields in messages.items():
        outer, _, own = path.rpartition(".")
        message = placed[outer].nested_type.add() if outer else file.message_type.add()
        placed[path] = message
        message.name = own
        for number, field in enumerate(fields, start=1):
            if field is not None:
                _add_field(message, f".{package}", path, field, number)
    return file


def _add_field(message: DescriptorProto, package: str, path: str, text: str, number: int) -> None:
    *labels, type_name, name = text.split()
    field = message.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if "repeated" in labels or "map" in labels:
        field.label = FieldDescriptorProto.LABEL_REPEATED
    if "oneof" in labels:
        if not message.oneof_decl:
            message.oneof_decl.add(name="choice")
        field.oneof_index = 0
    if "map" in labels:
        entry = message.nested_type.add(name=f"{name.title()}Entry")
        entry.options.map_entry = True
        _add_field(entry, package, "", "string key", 1)
        _add_field(entry, package, "", f"{type_name} value", 2)
        type_name = f"{path}.{entry.name}"
    if "enum" in labels:
        field.type = FieldDescriptorProto.TYPE_ENUM
        field.type_name = f"{package}.{path}.{type_name}"
        values = message.enum_type.add(name=type_name).value
        for index, value in enumerate(_SERVING_STATUS):
            values.add(name=value, number=index)
    elif type_name in _SCALARS:
        field.type = _SCALARS[type_name]
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f"{package}.{type_name}"


def _add_service(
    file: FileDescriptorProto, name: str, methods: Mapping[str, tuple[str, str]], *, streams: bool
) -> None:
    service = file.service.add(name=name)
    for method, (given, returned) in methods.items():
        service.method.add(
            name=method,
            input_type=f".{file.package}.{given}",
            output_type=f".{file.package}.{returned}",
            client_streaming=streams,
            server_streaming=streams,
        )


def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    inference = _file("open_inference_grpc.proto", "inference", _INFERENCE_MESSAGES)
    calls = [
        name.removesuffix("Request") for name in _INFERENCE_MESSAGES if name.endswith("Request")
    ]
    methods = {name: (f"{name}Request", f"{name}Response") for name in calls}
    _add_service(inference, "GRPCInferenceService", methods, streams=False)
    health = _file("grpc/health/v1/health.proto", "grpc.health.v1", _HEALTH_MESSAGES)
    check = {"Check": ("HealthCheckRequest", "HealthCheckResponse")}
    _add_service(health, "Health", check, streams=False)
    pool.AddSerializedFile(inference.SerializeToString())
    pool.AddSerializedFile(health.SerializeToString())
    for version in ("v1", "v1alpha"):
        package = f"grpc.reflection.{version}"
        name = f"grpc/reflection/{version}/reflection.proto"
        reflection = _file(name, package, _REFLECTION_MESSAGES)
        info = {"ServerReflectionInfo": ("ServerReflectionRequest", "ServerReflectionResponse")}
        _add_service(reflection, "ServerReflection", info, streams=True)
        pool.AddSerializedFile(reflection.SerializeToString())
    return pool


POOL = _pool()
