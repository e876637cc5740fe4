"""Binary tensors: bytes in, arrays out, and back; pure. Little endian and row-major.

A text is its length in four bytes, and then its UTF-8.
Source: Triton's `docs/protocol/extension_binary_data.md`.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidewheel_server.protocol.datatypes import NUMPY_TYPES
from tidewheel_server.protocol.invalid import Invalid

__all__ = ["array_of", "bytes_of", "texts_of"]

_LENGTH = struct.Struct("<I")


def array_of(data: memoryview, datatype: str, elements: int) -> NDArray[Any] | Invalid:
    """Return the elements, shape (elements,); text as an object array of str.

    Numbers keep their own type, BOOL is uint8 of 0 and 1.
    """
    if datatype == "BYTES":
        return _texts(data, elements)
    numpy_type = NUMPY_TYPES[datatype]
    if len(data) != elements * numpy_type.itemsize:
        return Invalid(
            f"{elements} elements of {datatype} are {elements * numpy_type.itemsize} bytes, "
            f"but there are {len(data)}"
        )
    values = np.frombuffer(data, numpy_type)
    if datatype == "BOOL" and (values > 1).any():
        return Invalid("BOOL takes the bytes 0 and 1")
    return values


def bytes_of(values: NDArray[Any], datatype: str) -> bytes:
    """Return the elements as a binary tensor."""
    if datatype == "BYTES":
        texts = [str(text).encode() for text in values.reshape(-1)]
        return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))
    return values.astype(NUMPY_TYPES[datatype], copy=False).tobytes()


def texts_of(elements: Sequence[bytes]) -> NDArray[np.object_] | Invalid:
    """Return encoded elements as an object array of str."""
    column = np.empty(len(elements), dtype=object)
    for index, element in enumerate(elements):
        try:
            column[index] = element.decode()
        except UnicodeDecodeError:
            return Invalid(f"BYTES takes text in UTF-8, but element {index} is none")
    return column


def _texts(data: memoryview, elements: int) -> NDArray[np.object_] | Invalid:
    # Each has at least its length: a lying shape makes no long list.
    if elements * _LENGTH.size > len(data):
        return Invalid(f"{len(data)} bytes are too few for {elements} elements of BYTES")
    found, position = [], 0
    for index in range(elements):
        start = position + _LENGTH.size
        if start > len(data):
            return Invalid(f"the bytes end before the length of element {index}")
        position = start + _LENGTH.unpack_from(data, position)[0]
        if position > len(data):
            return Invalid(f"the bytes end inside element {index}")
        found.append(bytes(data[start:position]))
    if position != len(data):
        return Invalid(f"{len(data) - position} bytes are left after {elements} elements")
    return texts_of(found)
