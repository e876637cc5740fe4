"""The body of an inference request in, columns of the model out: pure, every refusal a value.

Numbers are taken as written: a tensor declared FP32 is not rounded to it. JSON has no NaN and no
infinity, and neither do we: the tokens are malformed JSON, null is a missing value, and a number
beyond the range of FP64 is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from tidewheel_server.engines.engine import Columns
from tidewheel_server.http.message import shown
from tidewheel_server.protocol.tensor_data import Invalid, column_of
from tidewheel_server.tensors import TensorSpec

__all__ = ["InferenceRequest", "decode_request"]

_NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A valid request: columns in training order, outputs in the order of the answer."""

    columns: Columns
    rows: int
    outputs: tuple[TensorSpec, ...]
    id: str | None = None


def decode_request(
    body: bytes, inputs: Mapping[str, TensorSpec], outputs: Mapping[str, TensorSpec]
) -> InferenceRequest | Invalid:
    """Return the request, or what is wrong with it in one sentence."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Invalid(f"The body is not JSON: {error}")
    if not isinstance(document, dict):
        return Invalid("The body must be a JSON object with the key 'inputs'")
    request_id = document.get("id")
    if request_id is not None and not isinstance(request_id, str):
        return Invalid("'id' must be a string")
    wanted = _wanted_outputs(document.get("outputs"), outputs)
    if isinstance(wanted, Invalid):
        return wanted
    columns = _columns(document.get("inputs"), inputs)
    if isinstance(columns, Invalid):
        return columns
    return InferenceRequest(columns, len(next(iter(columns.values()))), wanted, request_id)


def _columns(tensors: object, inputs: Mapping[str, TensorSpec]) -> Columns | Invalid:
    if not isinstance(tensors, list):
        return Invalid("'inputs' must be a list of tensors")
    columns = {}
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            return Invalid("Each of 'inputs' must be an object with a 'name'")
        spec = inputs.get(name)
        if spec is None:
            return Invalid(f"No input {shown(name)}; the model takes {_listed(inputs)}")
        if name in columns:
            return Invalid(f"Input {shown(name)} is given twice")
        column = column_of(tensor, spec)
        if isinstance(column, Invalid):
            return Invalid(f"Input {shown(name)}: {column.message}")
        columns[name] = column
    missing = inputs.keys() - columns.keys()
    if missing:
        return Invalid(f"Missing inputs: {_listed(name for name in inputs if name in missing)}")
    return _of_one_length({name: columns[name] for name in inputs})


def _of_one_length(columns: Columns) -> Columns | Invalid:
    first, rows = next((name, len(column)) for name, column in columns.items())
    for name, column in columns.items():
        if len(column) != rows:
            return Invalid(
                f"Input {shown(name)} has {len(column)} rows, but {shown(first)} has {rows}"
            )
    if rows == 0:
        return Invalid("The inputs must have at least one row")
    return columns


def _wanted_outputs(
    wanted: object, outputs: Mapping[str, TensorSpec]
) -> tuple[TensorSpec, ...] | Invalid:
    """Return the outputs asked for, each once; none asked for means all."""
    if not wanted and (wanted is None or isinstance(wanted, list)):
        return tuple(outputs.values())
    if not isinstance(wanted, list):
        return Invalid("'outputs' must be a list of objects with a 'name'")
    chosen = {}
    for output in wanted:
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            return Invalid("Each of 'outputs' must be an object with a 'name'")
        if name not in outputs:
            return Invalid(f"No output {shown(name)}; the model gives {_listed(outputs)}")
        chosen[name] = outputs[name]
    return tuple(chosen.values())


def _listed(names: Iterable[str]) -> str:
    quoted = [shown(name) for name in names]
    if len(quoted) > _NAMES_SHOWN:
        return f"{', '.join(quoted[:_NAMES_SHOWN])} and {len(quoted) - _NAMES_SHOWN} more"
    return ", ".join(quoted)
