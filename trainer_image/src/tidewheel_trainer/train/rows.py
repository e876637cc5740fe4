"""Read a snapshot's labelled rows: every part is checked against its digest before it is used."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidewheel_contracts.api.v1alpha1 import dataset
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.api.v1alpha1.dataset_split import Split
from tidewheel_contracts.api.v1alpha1.gate import MetricName
from tidewheel_contracts.artifact.snapshot import (
    SnapshotManifest,
    SnapshotPart,
)
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.manifests import snapshot_manifest
from tidewheel_trainer.part_file import fetch_part
from tidewheel_trainer.store import Store
from tidewheel_trainer.train.bounds import chosen_measure
from tidewheel_trainer.train.frame import features_frame
from tidewheel_trainer.train.inner_folds import Groups
from tidewheel_trainer.train.measures import Measure
from tidewheel_trainer.train.split_columns import kept_rows, split_columns
from tidewheel_trainer.train.target import Target, read_target
from tidewheel_trainer.train.weights import refuse_unusable_weights

__all__ = ["Rows", "read_manifest", "read_rows"]

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled rows in the order of the snapshot; times in microseconds, shape (n_rows,).

    `frame` has the features and the columns of weights.
    `measure` is what fits are ranked and judged by. `split_values` has the columns that the
    declared split reads, `left_out_by_split` counts rows that it has no use for. `gate_values` has
    the columns that the gate groups rows by. `groups` is what recipes with inner folds cut rows by.
    """

    frame: pd.DataFrame
    target: Target
    measure: Measure
    times: np.ndarray | None
    dropped_without_time: int
    split_values: pa.Table | None = None
    left_out_by_split: int = 0
    gate_values: pa.Table | None = None
    groups: Groups | None = None

    def groups_of(self, marked: np.ndarray) -> Groups | None:
        """Return the groups of the marked rows, boolean, shape (n_rows,)."""
        return None if self.groups is None else self.groups.of(marked)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


def read_manifest(store: Store, reference: SnapshotReference) -> SnapshotManifest:
    """Return the manifest of a snapshot.

    Raises:
        TrainerError: ArtifactDamaged, when it is missing or was changed; RequestInvalid, when a
            later release wrote it.
    """
    manifest = snapshot_manifest(store, reference)
    if manifest is None:
        raise TrainerError(
            FailureReason.ARTIFACT_DAMAGED,
            f"the snapshot's manifest {reference.manifest_key!r} is missing; restore it from a "
            "backup of the bucket; or the next collection makes a new one, for a new TrainingRun",
        )
    return manifest


def read_rows(
    store: Store,
    folder: str,
    manifest: SnapshotManifest,
    *,
    target: dataset.Target,
    metric: MetricName | None,
    time: str | None,
    features: Iterable[str],
    weights: Iterable[str],
    split: Split | None,
    gate_columns: Sequence[str],
    scratch: Path,
    part_done: Callable[[int, int], None],
) -> Rows:
    """Return the rows with a target value, and with a time where a time column is named.

    Args:
        store: the bucket.
        folder: the dataset's folder in it.
        manifest: the snapshot.
        target: the target column, and what it is taken as.
        metric: what fits are ranked and judged by, if the user chose it.
        time: the time column, if there is one.
        features: columns that any of the models reads.
        weights: columns that weigh the rows of any of the models.
        split: how the Dataset says that rows are split.
        gate_columns: columns that the gate groups rows by.
        scratch: folder for one part at a time.
        part_done: told how many parts of how many are read.

    Raises:
        TrainerError: ArtifactDamaged, TooFewRows without any labelled row or without any that
            the split needs, FeatureUnusable and WeightUnusable, or the target's and the metric's.
    """
    weight_names = list(dict.fromkeys(weights))
    read_names = list(dict.fromkeys([*features, *weight_names]))
    roles = [target.column] if time is None else [target.column, time]
    wanted = list(dict.fromkeys([*roles, *split_columns(split), *read_names, *gate_columns]))
    tables = []
    for position, part in enumerate(manifest.parts):
        tables.append(_labelled_part(store, folder, part, wanted, target.column, scratch))
        part_done(position + 1, len(manifest.parts))
    table = pa.concat_tables(tables, promote_options="default")
    tables.clear()
    labelled_rows = table.num_rows
    if time is not None:
        table = _filtered(table, pc.is_valid(table[time]))
    if table.num_rows == 0:
        raise TrainerError(
            FailureReason.TOO_FEW_ROWS,
            f"the snapshot has {manifest.rows:,} rows and {labelled_rows:,} with a target value, "
            "none of them to learn from; wait for labels, or check the target and time columns",
        )
    dated_rows = table.num_rows
    table = kept_rows(table, split)
    labels = read_target(target, table[target.column])
    refuse_unusable_weights(table.select(weight_names))
    return Rows(
        frame=features_frame(table.select(read_names)),
        target=labels,
        measure=chosen_measure(metric, labels),
        times=_times(table, time),
        dropped_without_time=labelled_rows - dated_rows,
        split_values=table.select(split_columns(split)),
        left_out_by_split=dated_rows - table.num_rows,
        gate_values=table.select(gate_columns),
    )


def _labelled_part(
    store: Store,
    folder: str,
    part: SnapshotPart,
    wanted: list[str],
    target: str,
    scratch: Path,
) -> pa.Table:
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        file = Path(name) / "part"
        fetch_part(store, folder, part, file)
        # One group of rows after the other: a whole part in Parquet's form is as large again.
        with pq.ParquetFile(file, pre_buffer=False, buffer_size=_READ_BYTES) as parquet:
            groups = [parquet.schema_arrow.empty_table().select(wanted)]
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group, columns=wanted).select(wanted)
                has_label = pc.invert(pc.is_null(table[target], nan_is_null=True))
                groups.append(_filtered(table, has_label))
    return pa.concat_tables(groups)


def _filtered(table: pa.Table, kept: pa.ChunkedArray) -> pa.Table:
    """Return the rows to keep, without a copy where that is all of them."""
    return table if pc.all(kept).as_py() else table.filter(kept)


def _times(table: pa.Table, time: str | None) -> np.ndarray | None:
    if time is None:
        return None
    moments = table[time].cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(moments.to_numpy())
