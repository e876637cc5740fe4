"""Choose rows that stand for all of a snapshot, and of these the ones that a model may learn."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.artifact.snapshot import SnapshotManifest
from tidewheel_trainer.train.split_columns import split_columns
from tidewheel_trainer.train.split_keys import key_hashes

__all__ = ["in_sample", "learnable_rows", "role_columns"]

_MOST_ROWS = 100_000
# Multiples of the golden ratio, modulo 2**64, lie evenly whatever stretch of rows one looks at.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_DEFAULT_TEST_SHARE = 0.2


def in_sample(first_row: int, count: int, rows: int) -> np.ndarray:
    """Return which of `count` rows from `first_row` on are in the sample, boolean, shape (count,).

    Args:
        first_row: place of the first of these rows in the snapshot.
        count: how many they are.
        rows: of the whole snapshot.
    """
    if rows <= _MOST_ROWS:
        return np.ones(count, dtype=bool)
    places = np.arange(first_row, first_row + count, dtype=np.uint64) * _GOLDEN
    return np.asarray(places < np.uint64((_MOST_ROWS << 64) // rows))


def role_columns(manifest: SnapshotManifest, split: Split | None) -> list[str]:
    """Return the columns that tell which rows a model may learn, as far as there are such."""
    wanted = [manifest.target, manifest.time, *split_columns(split)]
    there = {column.name for column in manifest.columns}
    return [name for name in dict.fromkeys(wanted) if name is not None and name in there]


def learnable_rows(roles: pa.Table, manifest: SnapshotManifest, split: Split | None) -> np.ndarray:
    """Return which rows have a target and are not kept for the test, boolean, shape (n_rows,).

    Of a split by time this is close and not the very rows: those also depend on the champion. Where
    nothing is left, all rows stand for them.

    Args:
        roles: the columns of `role_columns`.
        manifest: the snapshot.
        split: how the Dataset says that rows are split.
    """
    labelled = _array(pc.invert(pc.is_null(roles[manifest.target], nan_is_null=True)))
    learned = labelled & ~_tested(roles, manifest, split, labelled)
    return learned if learned.any() else np.ones(roles.num_rows, dtype=bool)


def _tested(
    roles: pa.Table, manifest: SnapshotManifest, split: Split | None, labelled: np.ndarray
) -> np.ndarray:
    nothing = np.zeros(roles.num_rows, dtype=bool)
    if not set(split_columns(split)) <= set(roles.column_names):
        return nothing
    if split is not None and split.column is not None:
        column = split.column
        texts = pa.array([column.train, column.validation])
        marks = roles[column.name].cast(pa.string())
        return ~_array(pc.is_in(marks, value_set=texts))
    if split is not None and split.hash is not None:
        buckets = np.uint64(100)
        share = np.uint64(int(Decimal(split.hash.test_share) * 100))
        hashes = key_hashes(roles.select(list(split.hash.columns)))
        return np.asarray(hashes % np.uint64(10_000) < share * buckets)
    if manifest.time is None or not labelled.any():
        return nothing
    share_of_time = float(split.time.test_share) if split and split.time else _DEFAULT_TEST_SHARE
    moments = roles[manifest.time].cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    places = pc.fill_null(moments, np.iinfo(np.int64).max).to_numpy()
    bound = np.quantile(places[labelled], 1 - share_of_time, method="lower")
    return np.asarray(places > bound)


def _array(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.to_numpy()).astype(bool)
