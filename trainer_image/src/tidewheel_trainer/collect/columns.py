"""Decide whether a piece's columns fit the snapshot's; the first piece sets names and types."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Agreement", "Roles", "agreement", "normal_type"]

# A row label that pandas wrote beside the data; a model must never learn from it.
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")

# As long as objects of Kubernetes may name a column (`ColumnName` of the contracts).
_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Roles:
    """The two columns that a Dataset names; neither is known while steps may still make them."""

    target: str | None
    time: str | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a piece's parts will look like and what the snapshot's columns are after it."""

    columns: tuple[SnapshotColumn, ...]
    part_schema: pa.Schema
    ignored: tuple[str, ...]


def normal_type(given: pa.DataType) -> pa.DataType:
    """Return the one type that stands for all spellings of the same values.

    Libraries and their versions write text as string, large_string or dictionaries, and times in
    other units and zones; none of that is a change of the data.
    """
    if pa.types.is_dictionary(given):
        return normal_type(given.value_type)
    if pa.types.is_large_string(given) or pa.types.is_string_view(given):
        return pa.string()
    if pa.types.is_timestamp(given):
        return pa.timestamp("us", tz="UTC" if given.tz else None)
    return given


def agreement(
    known: Sequence[SnapshotColumn], found: pa.Schema, roles: Roles, key: str
) -> Agreement:
    """Return how the piece `key` with the schema `found` enters a snapshot of `known` columns.

    Raises:
        TrainerError: ColumnMissing, ColumnTypeChanged, or SourceUnreadable for names that occur
            twice, are empty or too long.
    """
    _refuse_repeated_names(found, key)
    _refuse_unusable_names(found, key)
    types = {f.name: normal_type(f.type) for f in found if not _PANDAS_INDEX.fullmatch(f.name)}
    columns = tuple(known) or tuple(SnapshotColumn(name=n, type=str(t)) for n, t in types.items())
    _refuse_missing(columns, types, roles, key)
    agreed = tuple(_agreed_column(column, types, key) for column in columns)
    if roles.time is not None:
        _refuse_time_without_time(roles.time, types[roles.time], key)
    names = [column.name for column in agreed]
    return Agreement(
        columns=agreed,
        part_schema=pa.schema([(name, types[name]) for name in names]),
        ignored=tuple(sorted(set(found.names) - set(names))),
    )


def _refuse_repeated_names(found: pa.Schema, key: str) -> None:
    repeated = [name for name, count in Counter(found.names).items() if count > 1]
    if repeated:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"{key!r} has two columns named {repeated[0]!r}; names must differ",
        )


def _refuse_unusable_names(found: pa.Schema, key: str) -> None:
    for place, name in enumerate(found.names, start=1):
        if not 0 < len(name) <= _LONGEST_NAME:
            shown = f"a name of {len(name)} characters ({name[:40]!r} ...)" if name else "no name"
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"column {place} of {key!r} has {shown}; write it with a name of at most "
                f"{_LONGEST_NAME} characters",
            )


def _refuse_missing(
    columns: Sequence[SnapshotColumn], types: dict[str, pa.DataType], roles: Roles, key: str
) -> None:
    named = {}
    if roles.target is not None:
        named[roles.target] = "the target column"
    if roles.time is not None:
        named[roles.time] = "the time column"
    wanted = named | {column.name: "a column of earlier data," for column in columns} | named
    for name, role in wanted.items():
        if name not in types:
            raise TrainerError(
                FailureReason.COLUMN_MISSING,
                f"{key!r} lacks {role} {name!r}; it has {_names(types)}; write it with that "
                "column, or correct the Dataset",
            )


def _names(types: dict[str, pa.DataType], shown: int = 10) -> str:
    more = f" and {len(types) - shown} more" if len(types) > shown else ""
    return ", ".join(list(types)[:shown]) + more


def _agreed_column(
    column: SnapshotColumn, types: dict[str, pa.DataType], key: str
) -> SnapshotColumn:
    """Return the column with its known type, and let the piece's values become that.

    A column of nulls alone has any type, and whole numbers are decimal ones too: formats without
    types tell them apart by the values that happen to be there.
    """
    found = str(types[column.name])
    if found in (column.type, "null"):
        return column
    if column.type == "null":
        return SnapshotColumn(name=column.name, type=found)
    if (column.type, found) == ("double", "int64"):
        types[column.name] = pa.float64()
        return column
    raise TrainerError(
        FailureReason.COLUMN_TYPE_CHANGED,
        f"column {column.name!r} is {found} in {key!r} but {column.type} in earlier data; write it "
        f"as {column.type}, add a `cast` step, or give the new data a Dataset of its own",
    )


def _refuse_time_without_time(name: str, found: pa.DataType, key: str) -> None:
    if not (pa.types.is_timestamp(found) or pa.types.is_date(found) or pa.types.is_null(found)):
        raise TrainerError(
            FailureReason.COLUMN_TYPE_CHANGED,
            f"the time column {name!r} is {found} in {key!r}; it must be a timestamp or a "
            "date; write it as one, or name another time column",
        )
