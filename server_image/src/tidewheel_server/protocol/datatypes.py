"""The datatypes of the protocol, and which of them a column of the model takes."""

from collections.abc import Mapping

import numpy as np

__all__ = ["ACCEPTED", "ACCEPTED_IN_JSON", "NUMPY_TYPES"]

# Of one element in binary tensors: little endian. BYTES are missing: their elements have no size.
NUMPY_TYPES: Mapping[str, np.dtype[np.generic]] = {
    "BOOL": np.dtype("u1"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}

_NUMBERS = frozenset(NUMPY_TYPES) - {"BOOL"}

# What a client may call a column, by the model's datatype; then the values are checked.
ACCEPTED: Mapping[str, frozenset[str]] = {
    "FP64": _NUMBERS,
    "INT64": _NUMBERS,
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}
# The protocol has FP16 in binary tensors only.
ACCEPTED_IN_JSON = {datatype: names - {"FP16"} for datatype, names in ACCEPTED.items()}
