"""Read the target column: two classes, in an order that never depends on the rows' order."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.features import datatype

__all__ = ["Target", "read_target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Labels of shape (n_rows,) in their natural type, and the two classes in ascending order."""

    labels: np.ndarray
    classes: tuple[str, ...]
    datatype: str

    @property
    def is_positive(self) -> np.ndarray:
        """Return a boolean array, shape (n_rows,): true for the second class."""
        return np.asarray(self.labels == np.unique(self.labels)[1])


def read_target(name: str, column: pa.ChunkedArray) -> Target:
    """Return the target of labelled rows.

    Raises:
        TrainerError: TargetHasOneClass, or TargetUnsupported for other types or more classes.
    """
    kind = datatype(str(column.type))
    if kind is None:
        raise TrainerError(
            FailureReason.TARGET_UNSUPPORTED,
            f"the target {name!r} is {column.type}; it must be two classes of booleans, whole "
            "numbers or text",
        )
    classes = sorted(pc.unique(column).to_pylist())
    if len(classes) == 1:
        raise TrainerError(
            FailureReason.TARGET_HAS_ONE_CLASS,
            f"the target {name!r} is {classes[0]!r} in all {len(column):,} labelled rows; a model "
            "needs rows of two classes",
        )
    if len(classes) > 2:
        shown = ", ".join(repr(value) for value in classes[:5])
        raise TrainerError(
            FailureReason.TARGET_UNSUPPORTED,
            f"the target {name!r} has {len(classes):,} values ({shown} ...); it must have two",
        )
    return Target(_natural(column, kind), tuple(_text(value) for value in classes), kind)


def _natural(column: pa.ChunkedArray, kind: str) -> np.ndarray:
    types = {"BOOL": pa.bool_(), "INT64": pa.int64(), "FP64": pa.float64()}
    if kind == "BYTES":
        return np.asarray(column.to_pylist(), dtype=np.str_)
    return np.asarray(column.cast(types[kind]).to_numpy())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
