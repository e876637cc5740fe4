"""What each row weighs in a fit: by its class, by a column, or by both, which multiply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import has_fit_parameter

from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.api.v1alpha1.features import Weights
from tidewheel_contracts.api.v1alpha1.gate import Task
from tidewheel_contracts.artifact.model import Recipe
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.estimator_list import ALLOWED
from tidewheel_trainer.train.features import datatype

__all__ = [
    "WeighedRows",
    "check_weights",
    "refuse_class_weights_of_a_number",
    "refuse_unusable_weights",
    "weighed_rows",
    "weight_columns",
]

# The class's own parameter for what `weights.classes` does.
_CLASS_WEIGHT = "class_weight"
# Squares and sums of larger ones would leave the range of double precision.
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class WeighedRows:
    """Rows to learn: labels and weights of shape (n_rows,), float64; None where all weigh 1.

    `kept` tells which of the rows that were given these are; None where all are.
    """

    frame: pd.DataFrame
    labels: np.ndarray
    weights: np.ndarray | None
    kept: np.ndarray | None = None


def weight_columns(weights: Weights | None) -> tuple[str, ...]:
    """Return the columns that are read for their weights."""
    return () if weights is None or weights.column is None else (weights.column,)


def check_weights(
    training: Training, columns: Sequence[SnapshotColumn], roles: Mapping[str, str]
) -> None:
    """Refuse weights that a candidate cannot take, or that a column cannot hold.

    Args:
        training: what is asked for; its estimators are known ones.
        columns: those of the snapshot.
        roles: columns that are something else already, and what.

    Raises:
        TrainerError: ColumnMissing, or ParameterInvalid.
    """
    if training.weights is None:
        return
    _refuse_unweighable(training)
    for name in weight_columns(training.weights):
        _check_column(name, {column.name: column.type for column in columns}, roles)


def refuse_class_weights_of_a_number(weights: Weights | None, task: Task, column: str) -> None:
    """Refuse to balance classes where there are none.

    Raises:
        TrainerError: ParameterInvalid.
    """
    if weights is not None and weights.classes is not None and task is Task.REGRESSION:
        raise _invalid(
            f"`weights.classes` is of classes, and the target {column!r} is taken for a number; "
            "leave it out, or name a `weights.column`"
        )


def refuse_unusable_weights(table: pa.Table) -> None:
    """Refuse columns of weights, all of them numbers, with a value that no row can weigh.

    Raises:
        TrainerError: WeightUnusable, with the number of such rows.
    """
    for name in table.column_names:
        numbers = pc.fill_null(table[name].cast(pa.float64(), safe=False), np.nan).to_numpy()
        for fault, rows in (
            ("empty", np.isnan(numbers)),
            ("negative", numbers < 0),
            ("infinite or beyond 3.4e38", numbers > _LARGEST),
        ):
            if np.any(rows):
                raise _unusable(
                    f"the weight {name!r} is {fault} in {np.count_nonzero(rows):,} of "
                    f"{len(numbers):,} labelled rows; add a step to the Dataset, such as "
                    "`fillNulls`, `clip` or a `filter`, or leave `weights.column` out"
                )


def weighed_rows(recipe: Recipe, frame: pd.DataFrame, labels: np.ndarray) -> WeighedRows:
    """Return the rows to learn with their weights; a row of weight 0 is not learned at all.

    Balanced classes weigh n_rows / (n_classes * rows of the class), as scikit-learn's
    `compute_sample_weight` has it.

    Raises:
        TrainerError: WeightUnusable, when no row weighs anything.
    """
    weights = recipe.weights
    if weights is None:
        return WeighedRows(frame, labels, None)
    found = np.ones(len(frame))
    for name in weight_columns(weights):
        found = frame[name].to_numpy(dtype=np.float64)
        if not np.any(found):
            raise _unusable(
                f"the weight {name!r} is 0 in all {len(frame):,} rows to learn from; correct the "
                "column, or leave `weights.column` out"
            )
    heavy = found > 0
    frame, labels, found = frame[heavy], labels[heavy], found[heavy]
    if weights.classes is not None:
        found = found * compute_sample_weight(str(weights.classes).lower(), labels)
    return WeighedRows(frame, labels, found, heavy)


def _refuse_unweighable(training: Training) -> None:
    for candidate in training.candidates:
        short = candidate.estimator.rpartition(".")[2]
        if not _takes_weights(candidate.estimator):
            others = ", ".join(name.rpartition(".")[2] for name in ALLOWED if _takes_weights(name))
            raise _invalid(
                f"candidate {candidate.name!r}: {short} takes no weights; leave `weights` out, or "
                f"use one of {others}"
            )
        drawn = {dimension.parameter for dimension in candidate.space}
        is_balanced = training.weights is not None and training.weights.classes is not None
        if is_balanced and (
            candidate.parameters.get(_CLASS_WEIGHT) is not None or _CLASS_WEIGHT in drawn
        ):
            raise _invalid(
                f"candidate {candidate.name!r}: parameter {_CLASS_WEIGHT!r} and `weights.classes` "
                "both weigh the classes; keep one"
            )


def _takes_weights(estimator: str) -> bool:
    return bool(has_fit_parameter(ALLOWED[estimator].build, "sample_weight"))


def _check_column(name: str, types: Mapping[str, str], roles: Mapping[str, str]) -> None:
    if name not in types:
        raise TrainerError(
            FailureReason.COLUMN_MISSING,
            f"the snapshot has no column {name!r}, which `weights.column` names; correct it, or "
            "deliver the column",
        )
    if name in roles:
        raise _invalid(f"`weights.column` names {name!r}, the {roles[name]} column; name another")
    if datatype(types[name]) not in ("INT64", "FP64"):
        raise _invalid(
            f"`weights.column` names {name!r}, which is {types[name]}; it must hold numbers: add a "
            "`cast` step"
        )


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)


def _unusable(message: str) -> TrainerError:
    return TrainerError(FailureReason.WEIGHT_UNUSABLE, message)
