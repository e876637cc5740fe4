"""One tensor in, one column out, or the sentence that says what is expected: pure."""

import math
from array import array
from types import NoneType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.protocol.datatypes import ACCEPTED, ACCEPTED_IN_JSON
from tidewheel_server.protocol.invalid import Invalid
from tidewheel_server.tensors import TensorSpec

__all__ = [
    "are_whole",
    "column_from_array",
    "column_from_values",
    "column_of",
    "numbers_of",
    "sizes_of",
]

_ELEMENTS: dict[str, frozenset[type]] = {
    "FP64": frozenset({int, float, NoneType}),
    "INT64": frozenset({int, float, NoneType}),
    "BOOL": frozenset({bool, NoneType}),
    "BYTES": frozenset({str, NoneType}),
}
_EXPECTED = {
    "FP64": "numbers or null",
    "INT64": "whole numbers or null",
    "BOOL": "true, false or null",
    "BYTES": "strings or null",
}
_FOUND = {
    int: "a number",
    float: "a number",
    bool: "a boolean",
    str: "a string",
    list: "a list",
    dict: "an object",
    NoneType: "null",
}
_INT64_END = 2.0**63


def column_of(tensor: dict[str, Any], spec: TensorSpec) -> NDArray[Any] | Invalid:
    """Return the values of a tensor in JSON as the engine takes them (see `engine.Columns`)."""
    datatype = tensor.get("datatype")
    if not isinstance(datatype, str) or datatype not in ACCEPTED_IN_JSON[spec.datatype]:
        return _wrong_datatype(datatype, spec)
    shape = _one_column_shape(tensor.get("shape"))
    if shape is None:
        return _WRONG_SHAPE
    data = tensor.get("data")
    if not isinstance(data, list):
        return Invalid("data must be a list")
    values = _flat(data) if len(shape) == 2 else data
    if len(values) != shape[0]:
        return Invalid(f"shape {shape} takes {shape[0]} elements, but data has {len(values)}")
    return column_from_values(values, spec.datatype)


def column_from_values(values: list[Any], datatype: str) -> NDArray[Any] | Invalid:
    """Return JSON values as a column of the model's datatype."""
    if datatype == "BYTES":
        kinds = set(map(type, values))
        return _text(values) if kinds <= _ELEMENTS["BYTES"] else _wrong_element(values, datatype)
    numbers = numbers_of(values, datatype)
    if datatype == "INT64" and not isinstance(numbers, Invalid):
        return _whole(numbers)
    return numbers


def column_from_array(
    values: NDArray[Any], datatype: object, shape: object, spec: TensorSpec
) -> NDArray[Any] | Invalid:
    """Return the elements of a binary tensor, flat, as the engine takes them."""
    if not isinstance(datatype, str) or datatype not in ACCEPTED[spec.datatype]:
        return _wrong_datatype(datatype, spec)
    if _one_column_shape(shape) is None:
        return _WRONG_SHAPE
    if spec.datatype == "BYTES":
        return values
    numbers = values.astype(np.float64)
    if np.isinf(numbers).any():
        return Invalid(f"element {int(np.isinf(numbers).argmax())} is infinite; NaN is missing")
    return _whole(numbers) if spec.datatype == "INT64" else numbers


def numbers_of(values: list[Any], datatype: str) -> NDArray[np.float64] | Invalid:
    """Return JSON numbers or booleans as FP64, NaN for null."""
    kinds = set(map(type, values))
    if not kinds <= _ELEMENTS[datatype]:
        return _wrong_element(values, datatype)
    if NoneType in kinds:
        values = [math.nan if value is None else value for value in values]
    # Several times faster than np.array, which looks at each element twice.
    return np.frombuffer(array("d", values), dtype=np.float64)


def are_whole(numbers: NDArray[np.float64]) -> bool:
    """Tell whether all numbers but NaN are INT64."""
    present = numbers[~np.isnan(numbers)]
    return bool(
        ((present >= -_INT64_END) & (present < _INT64_END) & (present == np.floor(present))).all()
    )


def sizes_of(shape: object) -> list[int] | None:
    """Return the shape if it is a list of sizes."""
    if isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape):
        return cast("list[int]", shape)
    return None


_WRONG_SHAPE = Invalid("shape must be [n] or [n, 1]")


def _wrong_datatype(datatype: object, spec: TensorSpec) -> Invalid:
    return Invalid(f"datatype must be {spec.datatype}, not {datatype!r:.40}")


def _one_column_shape(shape: object) -> list[int] | None:
    """Return the shape if it is that of one column."""
    if type(shape) is list and len(shape) == 1 and type(shape[0]) is int and shape[0] >= 0:
        return shape  # what nearly everybody sends, told without a loop
    sizes = sizes_of(shape)
    is_one_column = sizes is not None and len(sizes) in (1, 2) and sizes[1:] in ([], [1])
    return sizes if is_one_column else None


def _flat(data: list[Any]) -> list[Any]:
    """Return the elements of [[a], [b]]; whatever is not nested so is left for the other checks."""
    if all(type(row) is list and len(row) == 1 for row in data):
        return [row[0] for row in data]
    return data


def _wrong_element(values: list[Any], datatype: str) -> Invalid:
    index, kind = next(
        (index, type(value))
        for index, value in enumerate(values)
        if type(value) not in _ELEMENTS[datatype]
    )
    return Invalid(f"{datatype} takes {_EXPECTED[datatype]}, but element {index} is {_FOUND[kind]}")


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.float64] | Invalid:
    if are_whole(numbers):
        return numbers
    return Invalid("INT64 takes whole numbers of 64 bits or null")


def _text(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
