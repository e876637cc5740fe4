"""Build the DataFrame that a pipeline takes, by the convention that ModelInput states."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["features_frame"]


def features_frame(table: pa.Table) -> pd.DataFrame:
    """Return text columns as Python strings (None for a missing value), all others as float64."""
    return pd.DataFrame({name: _series(table[name]) for name in table.column_names}, copy=False)


def _series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_string(column.type):
        return pd.Series(_shared_texts(column), dtype=object)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    numbers = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan)
    return pd.Series(np.asarray(numbers.to_numpy()), dtype=np.float64)


def _shared_texts(column: pa.ChunkedArray) -> np.ndarray:
    """Return one Python string per category, not per row: a tenth of the memory."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    codes = pc.fill_null(coded.indices, len(texts) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(texts[codes])
