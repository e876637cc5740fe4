"""Which outputs a request asks for, and which of them as binary tensors: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidewheel_server.http.message import shown
from tidewheel_server.protocol.inference_request import listed
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.tensors import TensorSpec

__all__ = ["WantedOutputs", "choose_outputs", "wanted_outputs"]

# Extensions of Triton that would change an answer: leaving them out in silence would be wrong.
_UNSUPPORTED = ("classification", "shared_memory_region")


@dataclass(frozen=True, slots=True)
class WantedOutputs:
    """The outputs in the order of the answer, and the names of the binary ones."""

    outputs: tuple[TensorSpec, ...]
    binary: frozenset[str] = frozenset()


def wanted_outputs(
    document: Mapping[str, Any], outputs: Mapping[str, TensorSpec]
) -> WantedOutputs | Invalid:
    """Return the outputs that a request in JSON asks for, each once; none means all."""
    parameters = document.get("parameters")
    all_binary = isinstance(parameters, dict) and parameters.get("binary_data_output", False)
    if type(all_binary) is not bool:
        return Invalid("'binary_data_output' must be true or false")
    wanted = document.get("outputs")
    if not wanted and (wanted is None or isinstance(wanted, list)):
        return _all(outputs, binary=all_binary)
    if not isinstance(wanted, list):
        return Invalid("'outputs' must be a list of objects with a 'name'")
    names = []
    binary = set()
    for output in wanted:
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            return Invalid("Each of 'outputs' must be an object with a 'name'")
        is_binary = _is_binary(name, output.get("parameters"), default=all_binary)
        if isinstance(is_binary, Invalid):
            return is_binary
        names.append(name)
        if is_binary:
            binary.add(name)
    chosen = choose_outputs(names, outputs)
    return chosen if isinstance(chosen, Invalid) else WantedOutputs(chosen, frozenset(binary))


def choose_outputs(
    names: list[str], outputs: Mapping[str, TensorSpec]
) -> tuple[TensorSpec, ...] | Invalid:
    """Return the named outputs, each once; no name means all."""
    if not names:
        return tuple(outputs.values())
    for name in names:
        if name not in outputs:
            return Invalid(f"No output {shown(name)}; the model gives {listed(outputs)}")
    return tuple(outputs[name] for name in dict.fromkeys(names))


def _all(outputs: Mapping[str, TensorSpec], *, binary: bool) -> WantedOutputs:
    return WantedOutputs(tuple(outputs.values()), frozenset(outputs) if binary else frozenset())


def _is_binary(name: str, parameters: object, *, default: bool) -> bool | Invalid:
    if not isinstance(parameters, dict):
        return default
    for extension in _UNSUPPORTED:
        if parameters.get(extension):
            return Invalid(f"Output {shown(name)}: '{extension}' is not supported", 501)
    is_binary = parameters.get("binary_data", default)
    if type(is_binary) is not bool:
        return Invalid(f"Output {shown(name)}: 'binary_data' must be true or false")
    return is_binary
