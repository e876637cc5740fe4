"""Keep of the read rows those that a declared split has a use for."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.dataset_split import ColumnSplit, Split
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["checked_split", "kept_rows", "split_columns"]

_SHOWN_TEXTS = 5


def split_columns(split: Split | None) -> tuple[str, ...]:
    """Return the columns that a split reads, beside the time column."""
    if split is None or split.time is not None:
        return ()
    if split.hash is not None:
        return split.hash.columns
    return (split.column.name,) if split.column is not None else ()


def checked_split(
    split: Split | None, columns: Sequence[SnapshotColumn], target: str, time: str | None
) -> None:
    """Refuse a split that cannot be done on these columns.

    Raises:
        TrainerError: ColumnMissing, or ParameterInvalid.
    """
    types = {column.name: column.type for column in columns}
    for name in split_columns(split):
        if name not in types:
            raise TrainerError(
                FailureReason.COLUMN_MISSING,
                f"the snapshot has no column {name!r}, which `split` names; correct the Dataset's "
                "`split`, or deliver the column",
            )
        if name == target:
            raise _invalid(f"`split` names {name!r}, the target column; name another")
        if types[name].startswith(("list", "struct", "map", "large_list", "fixed_size_list")):
            raise _invalid(
                f"`split` names {name!r}, which is {types[name]}; name a column of single values"
            )
    if split is None:
        return
    if split.time is not None and time is None:
        raise _invalid("`split.time` needs the column that the Dataset's `time` names; name one")
    column = split.column
    if column is None:
        return
    if column.name == time:
        raise _invalid(f"`split.column` names {column.name!r}, the time column; name another")
    if types[column.name] not in ("string", "null"):
        raise _invalid(
            f"`split.column` names {column.name!r}, which is {types[column.name]}; it must be "
            "text: add a `cast` step"
        )
    if len({column.train, column.validation, column.test}) < 3:
        raise _invalid("the texts of `split.column` must differ from each other; correct them")


def kept_rows(table: pa.Table, split: Split | None) -> pa.Table:
    """Return the rows that have one of the three texts of a split by column; else all rows.

    Raises:
        TrainerError: TooFewRows, when none is there to learn or to test.
    """
    column = None if split is None else split.column
    if column is None:
        return table
    texts = table[column.name].cast(pa.string())
    for text, purpose in ((column.train, "to learn"), (column.test, "to test")):
        if not pc.any(pc.equal(texts, text)).as_py():
            raise _nothing(column, text, purpose, texts)
    wanted = pa.array([column.train, column.validation, column.test])
    return table.filter(pc.is_in(texts, value_set=wanted))


def _nothing(column: ColumnSplit, text: str, purpose: str, texts: pa.ChunkedArray) -> TrainerError:
    counted = pc.value_counts(texts).to_pylist()
    ordered = sorted(counted, key=lambda each: (-each["counts"], each["values"] or ""))
    shown = [
        f"{'no text' if each['values'] is None else repr(each['values'])} ({each['counts']:,})"
        for each in ordered[:_SHOWN_TEXTS]
    ]
    more = f" and {len(ordered) - _SHOWN_TEXTS} more" if len(ordered) > _SHOWN_TEXTS else ""
    return TrainerError(
        FailureReason.TOO_FEW_ROWS,
        f"none of the {len(texts):,} labelled rows has {text!r}, the text of rows {purpose}, in "
        f"the split column {column.name!r}; it has {', '.join(shown)}{more}; correct the "
        "Dataset's `split.column`, or deliver such rows",
    )


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)
