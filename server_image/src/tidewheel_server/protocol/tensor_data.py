"""One JSON tensor in, one column out, or the sentence that says what is expected: pure."""

import math
from array import array
from dataclasses import dataclass
from types import NoneType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.tensors import TensorSpec

__all__ = ["Invalid", "column_of"]

_NUMERIC = frozenset(
    f"{family}{bits}"
    for family, sizes in {"INT": (8, 16, 32, 64), "UINT": (8, 16, 32, 64), "FP": (32, 64)}.items()
    for bits in sizes
)
# What a client may call a column; the values are then checked against the model's datatype. FP16
# is missing because the protocol has it in binary tensors only.
_ACCEPTED = {
    "FP64": _NUMERIC,
    "INT64": _NUMERIC,
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}
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


@dataclass(frozen=True, slots=True)
class Invalid:
    """What is wrong with a request, in one sentence for its sender."""

    message: str


def column_of(tensor: dict[str, Any], spec: TensorSpec) -> NDArray[Any] | Invalid:
    """Return the values of a request's tensor as the engine takes them (see `engine.Columns`)."""
    datatype = tensor.get("datatype")
    if not isinstance(datatype, str) or datatype not in _ACCEPTED[spec.datatype]:
        return Invalid(f"datatype must be {spec.datatype}, not {datatype!r:.40}")
    shape = _one_column_shape(tensor.get("shape"))
    if shape is None:
        return Invalid("shape must be [n] or [n, 1]")
    data = tensor.get("data")
    if not isinstance(data, list):
        return Invalid("data must be a list")
    values = _flat(data) if len(shape) == 2 else data
    if len(values) != shape[0]:
        return Invalid(f"shape {shape} takes {shape[0]} elements, but data has {len(values)}")
    kinds = set(map(type, values))
    if not kinds <= _ELEMENTS[spec.datatype]:
        return _wrong_element(values, spec.datatype)
    if spec.datatype == "BYTES":
        return _text(values)
    numbers = _numbers(values, has_missing=NoneType in kinds)
    if spec.datatype == "INT64" and not _are_int64(numbers):
        return Invalid("INT64 takes whole numbers of 64 bits or null")
    return numbers


def _one_column_shape(shape: object) -> list[int] | None:
    """Return the shape if it is that of one column."""
    is_one_column = (
        isinstance(shape, list)
        and len(shape) in (1, 2)
        and all(type(size) is int and size >= 0 for size in shape)
        and shape[1:] in ([], [1])
    )
    return cast("list[int]", shape) if is_one_column else None


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


def _numbers(values: list[Any], *, has_missing: bool) -> NDArray[np.float64]:
    if has_missing:
        values = [math.nan if value is None else value for value in values]
    # Several times faster than np.array, which looks at each element twice.
    return np.frombuffer(array("d", values), dtype=np.float64)


def _are_int64(numbers: NDArray[np.float64]) -> bool:
    present = numbers[~np.isnan(numbers)]
    return bool(
        ((present >= -_INT64_END) & (present < _INT64_END) & (present == np.floor(present))).all()
    )


def _text(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
