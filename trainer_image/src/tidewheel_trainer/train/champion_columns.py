"""Which columns of a snapshot the champion needs, to answer or to be fitted anew."""

from collections.abc import Mapping

from tidewheel_contracts.artifact.model import ModelInput, ModelManifest
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.train.features import datatype, is_date
from tidewheel_trainer.train.weights import weight_columns

__all__ = ["champion_features", "champion_weights"]

_REMEDY = "a model of other data needs another model name"


def champion_features(champion: ModelManifest | None, types: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that the champion reads.

    Args:
        champion: None where there is none.
        types: Arrow types of the snapshot's columns.

    Raises:
        TrainerError: ColumnMissing, or ParameterInvalid for a column of another type.
    """
    if champion is None:
        return ()
    for column in champion.inputs:
        if column.name not in types:
            raise _missing(f"reads column {column.name!r}")
        if not _is_readable(column, types[column.name]):
            raise _of_other_type(
                f"reads column {column.name!r} as {column.datatype}", types[column.name]
            )
    return tuple(column.name for column in champion.inputs)


def champion_weights(champion: ModelManifest | None, types: Mapping[str, str]) -> tuple[str, ...]:
    """Return the column that weighs the rows when the champion's recipe is fitted again, if any.

    Args:
        champion: None where there is none.
        types: Arrow types of the snapshot's columns.

    Raises:
        TrainerError: ColumnMissing, or ParameterInvalid for a column that holds no numbers.
    """
    names = () if champion is None else weight_columns(champion.recipe.weights)
    for name in names:
        if name not in types:
            raise _missing(f"weighs rows by column {name!r}")
        if datatype(types[name]) not in ("INT64", "FP64"):
            raise _of_other_type(f"weighs rows by column {name!r}, a number", types[name])
    return names


def _is_readable(column: ModelInput, arrow_type: str) -> bool:
    if is_date(arrow_type):
        return column.kind == "Date"
    kind = datatype(arrow_type)
    return kind is not None and (kind == "BYTES") == (column.datatype == "BYTES")


def _missing(use: str) -> TrainerError:
    return TrainerError(
        FailureReason.COLUMN_MISSING, f"the champion {use}, which the snapshot lacks; {_REMEDY}"
    )


def _of_other_type(use: str, found: str) -> TrainerError:
    return TrainerError(
        FailureReason.PARAMETER_INVALID,
        f"the champion {use} and the snapshot has it as {found}; {_REMEDY}",
    )
