"""Hash the key of each row, the same on every machine and in every later snapshot; pure.

A key is told by the text of its values: whole numbers are written alike whether a column holds them
as integers or as floats, and times as microseconds, because a snapshot may hold one value in
several forms. A missing value, NaN among them, is a value of its own, so rows without any key are
one group: they may belong to one another, and a leak is worse than a lopsided split.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["key_hashes"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key_hashes(columns: pa.Table) -> np.ndarray:
    """Return a hash of each row's values in all columns, unsigned 64-bit, shape (n_rows,)."""
    codes = np.zeros(columns.num_rows, dtype=np.int64)
    texts: list[bytes] = [b""]
    for name in columns.column_names:
        codes, texts = _joined(codes, texts, columns[name])
    hashes = [hashlib.blake2b(text, digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(hashes), dtype=">u8").astype(np.uint64)[codes]


def _joined(
    codes: np.ndarray, texts: list[bytes], column: pa.ChunkedArray
) -> tuple[np.ndarray, list[bytes]]:
    """Return codes and texts of the keys so far with one more column."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    # Last of all comes what a row without a value is told by.
    values = [_text(value) for value in coded.dictionary.to_pylist()] + [_text(None)]
    places = pc.fill_null(coded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    pairs, joined = np.unique(codes * len(values) + places, return_inverse=True)
    return joined, [texts[pair // len(values)] + values[pair % len(values)] for pair in pairs]


def _text(value: object) -> bytes:
    """Return what tells a value from every other, with its length before it."""
    if value is None or value != value:
        return b"-"
    data = _plain(value).encode()
    return b"%d:%b" % (len(data), data)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal):
        return _without_zeros(format(value, "f"))
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return str((moment - _EPOCH) // timedelta(microseconds=1))
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _without_zeros(text: str) -> str:
    """Return a decimal number without what does not change it: zeros at its end, a minus at 0."""
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short in ("-0", "") else short
