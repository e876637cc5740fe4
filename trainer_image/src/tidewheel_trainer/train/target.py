"""Read the target column: classes in an order that never depends on the rows' order, or numbers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1 import dataset
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.features import datatype

__all__ = ["Target", "read_target"]

_TYPES = {"BOOL": pa.bool_(), "INT64": pa.int64(), "FP64": pa.float64()}
# More distinct whole numbers than this are counts of something, not names of classes.
_MOST_GUESSED_CLASSES = 20
_MOST_CLASSES = 200
# Squares and sums of larger ones would leave the range of double precision.
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Target:
    """What is predicted, of the labelled rows; arrays have the shape (n_rows,).

    `labels` have their natural type, float64 where a number is predicted. `codes` number the
    distinct labels from 0 in ascending order. `class_values` are these distinct labels, shape
    (n_classes,), and `classes` their texts; a number has no classes.
    """

    task: Task
    labels: np.ndarray
    codes: np.ndarray
    class_values: np.ndarray
    classes: tuple[str, ...]
    datatype: str

    def truth(self, marked: np.ndarray) -> np.ndarray:
        """Return what a measure compares answers with: codes of classes, or numbers.

        Args:
            marked: boolean array, shape (n_rows,).
        """
        return np.asarray(self.codes[marked] if self.classes else self.labels[marked])


def read_target(spec: dataset.Target, column: pa.ChunkedArray) -> Target:
    """Return the target of labelled rows.

    Raises:
        TrainerError: TargetHasOneClass, TargetIsConstant, or TargetUnsupported for what can be
            taken neither as classes nor as numbers.
    """
    kind = datatype(str(column.type))
    if kind is None:
        raise _unsupported(
            spec, f"is {column.type}; it must hold booleans, whole numbers, text or numbers"
        )
    if kind == "FP64":
        _refuse_endless(spec, column)
    task = spec.task or _guessed(column, kind)
    if task is Task.REGRESSION:
        return _numbers(spec, column, kind)
    return _classes(spec, column, kind)


def _guessed(column: pa.ChunkedArray, kind: str) -> Task:
    """Return what the column is taken as where nobody said it.

    Whole numbers are looked at alike whether they are stored as such or as floats, because pandas
    stores those with gaps as floats.
    """
    if kind in ("BOOL", "BYTES"):
        return Task.CLASSIFICATION
    distinct = pc.unique(column).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    names = len(distinct) <= _MOST_GUESSED_CLASSES and np.all(distinct == np.floor(distinct))
    return Task.CLASSIFICATION if names else Task.REGRESSION


def _numbers(spec: dataset.Target, column: pa.ChunkedArray, kind: str) -> Target:
    if kind in ("BOOL", "BYTES"):
        raise _unsupported(
            spec, f"is {column.type}, and `target.task` says Regression, which predicts numbers"
        )
    labels = np.asarray(column.cast(pa.float64(), safe=False).to_numpy())
    distinct, codes = np.unique(labels, return_inverse=True)
    if len(distinct) == 1:
        raise TrainerError(
            FailureReason.TARGET_IS_CONSTANT,
            f"the target {spec.column!r} is {distinct[0]:g} in all {len(labels):,} labelled rows; "
            "a model needs values that differ",
        )
    return Target(Task.REGRESSION, labels, codes, np.empty(0), (), "FP64")


def _classes(spec: dataset.Target, column: pa.ChunkedArray, kind: str) -> Target:
    classes = sorted(pc.unique(column).to_pylist())
    if len(classes) == 1:
        raise TrainerError(
            FailureReason.TARGET_HAS_ONE_CLASS,
            f"the target {spec.column!r} is {classes[0]!r} in all {len(column):,} labelled rows; "
            "a model needs rows of two classes",
        )
    if len(classes) > _MOST_CLASSES:
        shown = ", ".join(repr(value) for value in classes[:5])
        raise _unsupported(
            spec,
            f"has {len(classes):,} values ({shown} ...); at most {_MOST_CLASSES} can be classes",
        )
    labels = _natural(column, kind)
    if kind == "FP64" and np.any(labels != np.floor(labels)):
        raise _unsupported(
            spec,
            "holds numbers that are not whole, and `target.task` says Classification; add a `cast` "
            "step that makes them text",
        )
    values, codes = np.unique(labels, return_inverse=True)
    texts = tuple(_text(value) for value in classes)
    return Target(Task.CLASSIFICATION, labels, codes, values, texts, kind)


def _natural(column: pa.ChunkedArray, kind: str) -> np.ndarray:
    if kind == "BYTES":
        return np.asarray(column.to_pylist(), dtype=np.str_)
    return np.asarray(column.cast(_TYPES[kind]).to_numpy())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_endless(spec: dataset.Target, column: pa.ChunkedArray) -> None:
    numbers = column.cast(pa.float64(), safe=False).to_numpy()
    endless = np.count_nonzero(np.abs(numbers) > _LARGEST)
    if endless:
        raise _unsupported(
            spec,
            f"is infinite or beyond 3.4e38 in {endless:,} of {len(numbers):,} labelled rows; add a "
            "step to the Dataset, such as `clip` or a `filter`",
        )


def _unsupported(spec: dataset.Target, fault: str) -> TrainerError:
    return TrainerError(FailureReason.TARGET_UNSUPPORTED, f"the target {spec.column!r} {fault}")
