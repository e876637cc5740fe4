"""The engine's outputs and the model's metadata as messages: pure.

Outputs are raw where the request was raw, else typed.
"""

from typing import Any

from google.protobuf.message import Message
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Outputs
from tidewheel_server.grpc_protocol.schema import message_class
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.binary_data import bytes_of
from tidewheel_server.protocol.inference_request import InferenceRequest

__all__ = ["encode_message", "model_metadata"]

_ModelInferResponse = message_class("inference.ModelInferResponse")
_ModelMetadataResponse = message_class("inference.ModelMetadataResponse")


def encode_message(
    request: InferenceRequest, outputs: Outputs, identity: Identity, *, raw: bool
) -> Message:
    """Return the response with the outputs that the request asked for."""
    message = _ModelInferResponse(
        model_name=identity.model_name, model_version=identity.version, id=request.id or ""
    )
    for spec in request.outputs:
        values = outputs[spec.name]
        tensor = message.outputs.add(name=spec.name, datatype=spec.datatype, shape=values.shape)
        if raw:
            message.raw_output_contents.append(bytes_of(values, spec.datatype))
        else:
            _fill(tensor.contents, values.reshape(-1), spec.datatype)
    return message


def model_metadata(model: ServedModel) -> Message:
    """Return names, datatypes and shapes of every tensor."""
    message = _ModelMetadataResponse(
        name=model.identity.model_name,
        versions=[model.identity.version],
        platform=model.engine.platform,
    )
    for tensors, specs in ((message.inputs, model.inputs), (message.outputs, model.outputs)):
        for spec in specs.values():
            tensors.add(name=spec.name, datatype=spec.datatype, shape=spec.shape)
    return message


def _fill(contents: Message, values: NDArray[Any], datatype: str) -> None:
    if datatype == "BYTES":
        contents.bytes_contents.extend(str(text).encode() for text in values)
    elif datatype == "BOOL":
        contents.bool_contents.extend(values.tolist())
    elif datatype == "INT64":
        contents.int64_contents.extend(values.tolist())
    else:
        contents.fp64_contents.extend(values.tolist())
