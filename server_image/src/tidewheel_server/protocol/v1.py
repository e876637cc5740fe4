"""The V1 protocol (TensorFlow Serving's): rows in, predictions out; pure.

Rows are arrays in the order of the model's inputs, or objects keyed by column. `inputs` is another
word for `instances`, and may also be an object of columns. Values are those of V2 in JSON: null is
a missing value. V1 has no place for probabilities: `predictions` is what V2 calls `predict`.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from numpy.typing import NDArray

from tidewheel_server.engines.engine import Columns, Outputs
from tidewheel_server.http.message import HttpResponse, json_response, shown
from tidewheel_server.protocol.inference_request import (
    InferenceRequest,
    complete_columns,
    listed,
    no_input,
)
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.protocol.tensor_data import column_from_values
from tidewheel_server.tensors import PREDICT, TensorSpec

__all__ = ["decode_instances", "encode_predictions"]

Inputs = Mapping[str, TensorSpec]


def decode_instances(
    body: bytes, inputs: Inputs, outputs: Mapping[str, TensorSpec], *, rows_limit: int
) -> InferenceRequest | Invalid:
    """Return the request, or what is wrong with it in one sentence."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Invalid(f"The body is not JSON: {error}")
    keys = [
        key for key in ("instances", "inputs") if isinstance(document, dict) and key in document
    ]
    if len(keys) != 1:
        return Invalid("The body must be a JSON object with either 'instances' or 'inputs'")
    [key] = keys
    given = document[key]
    values = (
        given if key == "inputs" and isinstance(given, dict) else _by_column(key, given, inputs)
    )
    if isinstance(values, Invalid):
        return values
    columns = _columns(key, values, inputs)
    if not isinstance(columns, Invalid):
        columns = complete_columns(columns, inputs, rows_limit)
    if isinstance(columns, Invalid):
        return columns
    return InferenceRequest(columns, len(next(iter(columns.values()))), (outputs[PREDICT],))


def encode_predictions(outputs: Outputs, header_lines: bytes) -> HttpResponse:
    """Return the response: one prediction for each row."""
    return json_response(200, {"predictions": outputs[PREDICT].tolist()}, header_lines)


def _by_column(key: str, rows: object, inputs: Inputs) -> Mapping[str, list[Any]] | Invalid:
    if not isinstance(rows, list):
        return Invalid(f"'{key}' must be a list of rows")
    values: dict[str, list[Any]] = {name: [] for name in inputs}
    lists = list(values.values())
    for index, row in enumerate(rows):
        cells = _cells(row, inputs)
        if isinstance(cells, Invalid):
            return Invalid(f"Row {index} of '{key}' {cells.message}")
        for column, cell in zip(lists, cells, strict=True):
            column.append(cell)
    return values


def _cells(row: object, inputs: Inputs) -> list[Any] | Invalid:
    """Return the cells of one row in the order of the model's inputs."""
    if isinstance(row, list):
        if len(row) != len(inputs):
            return Invalid(f"has {len(row)} values; the model takes {len(inputs)}")
        return row
    if not isinstance(row, dict):
        return Invalid("must be an array of values or an object keyed by column")
    if row.keys() != inputs.keys():
        missing = [name for name in inputs if name not in row]
        if missing:
            return Invalid(f"lacks {listed(missing)}; null stands for a missing value")
        unknown = [name for name in row if name not in inputs]
        return Invalid(f"has {listed(unknown)}, which the model does not take")
    return [row[name] for name in inputs]


def _columns(key: str, values: Mapping[str, Any], inputs: Inputs) -> Columns | Invalid:
    columns: dict[str, NDArray[Any]] = {}
    for name, cells in values.items():
        spec = inputs.get(name)
        if spec is None:
            return no_input(name, inputs)
        if not isinstance(cells, list):
            return Invalid(f"Column {shown(name)} of '{key}' must be a list")
        column = column_from_values(cells, spec.datatype)
        if isinstance(column, Invalid):
            return Invalid(f"Input {shown(name)}: {column.message}")
        columns[name] = column
    return columns
