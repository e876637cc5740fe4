"""Find out which rows belong to the slices and groups that the gate asks about.

A slice may be said by any columns of the snapshot but the target, features or not: what a model
must be fair about is seldom what it learns from. Expressions are those of a Dataset's `filter`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.gate import Gate
from tidewheel_contracts.artifact.snapshot import SnapshotColumn
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.clean.memory import memory_limit_bytes
from tidewheel_trainer.clean.row_condition import row_condition
from tidewheel_trainer.clean.session import duckdb_session
from tidewheel_trainer.clean.sql_text import columns_of_expression
from tidewheel_trainer.failure import TrainerError

__all__ = ["GateRows", "Groups", "Largest", "gate_columns", "gate_rows", "largest_groups"]

_NO_VALUE = "(no value)"
_LONGEST_VALUE = 40
_UNUSABLE = ("list", "large_list", "fixed_size_list", "struct", "map", "binary", "large_binary")


@dataclass(frozen=True, slots=True)
class Groups:
    """Which value each row has: its place among the values, shape (n_rows,)."""

    values: pa.StringArray
    places: np.ndarray


@dataclass(frozen=True, slots=True)
class GateRows:
    """Of all labelled rows, what the gate groups them by.

    `true_of` has, for each expression by the slice's name, booleans of shape (n_rows,); `groups`
    has the values of each column that a slice or a fairness names.
    """

    true_of: dict[str, np.ndarray]
    groups: dict[str, Groups]


@dataclass(frozen=True, slots=True)
class Largest:
    """Values as texts with the places of their rows among the tested ones, and all other rows."""

    named: tuple[tuple[str, np.ndarray], ...]
    others: np.ndarray
    other_values: int


def gate_columns(
    gate: Gate, columns: Sequence[SnapshotColumn], target: str, scratch: Path
) -> tuple[str, ...]:
    """Return the columns that slices and fairness read.

    Raises:
        TrainerError: ColumnMissing, or ParameterInvalid for what cannot group rows.
    """
    types = {column.name: column.type for column in columns if column.name != target}
    found: dict[str, None] = {}
    for name, field in _named_columns(gate):
        _refuse_unusable(name, types, target, field)
        found[name] = None
    expressions = [each for each in gate.slices if each.expression is not None]
    if expressions:
        with duckdb_session(scratch, memory_limit_bytes()) as session:
            for each in expressions:
                with _as_parameter():
                    read = columns_of_expression(
                        session, each.expression or "", list(types), _place(each.name)
                    )
                found.update(dict.fromkeys(read))
    return tuple(found)


def gate_rows(gate: Gate, table: pa.Table, scratch: Path) -> GateRows:
    """Return what the gate groups rows by.

    Args:
        gate: what is asked.
        table: all labelled rows, with the columns that `gate_columns` named.
        scratch: folder for what DuckDB spills.

    Raises:
        TrainerError: ParameterInvalid, for an expression that fails on a row.
    """
    expressions = [each for each in gate.slices if each.expression is not None]
    true_of: dict[str, np.ndarray] = {}
    if expressions:
        with duckdb_session(scratch, memory_limit_bytes()) as session:
            for each in expressions:
                true_of[each.name] = _true_of(session, each.name, each.expression or "", table)
    names = dict.fromkeys(name for name, _ in _named_columns(gate))
    return GateRows(true_of, {name: _groups(table[name]) for name in names})


def largest_groups(
    groups: Groups, tested: np.ndarray, *, most: int | None = None, least_rows: int = 1
) -> Largest:
    """Return the rows of the values that most tested rows have, the largest group first.

    Args:
        groups: values of all rows.
        tested: which rows test, booleans of shape (n_rows,).
        most: no more values than this.
        least_rows: no value with fewer rows than this.
    """
    places = groups.places[tested]
    counts = np.bincount(places, minlength=len(groups.values))
    by_size = np.argsort(-counts, kind="stable")
    named = by_size[counts[by_size] >= least_rows][:most]
    # The rows of a value lie together, in their order.
    rows, ends = np.argsort(places, kind="stable"), np.cumsum(counts)
    return Largest(
        named=tuple(
            (_shown(groups.values[int(place)].as_py()), rows[end - counts[place] : end])
            for place in named
            for end in (ends[place],)
        ),
        others=np.flatnonzero(~np.isin(places, named)),
        other_values=int(np.count_nonzero(counts)) - len(named),
    )


def _true_of(
    session: duckdb.DuckDBPyConnection, name: str, expression: str, table: pa.Table
) -> np.ndarray:
    columns = table.column_names
    if not columns:
        # An expression that reads no column: something must tell how many rows there are.
        table = table.append_column("row", pa.nulls(table.num_rows, pa.bool_()))
    with _as_parameter():
        found = row_condition(session, expression, columns, _place(name))(table)
    return np.asarray(pc.fill_null(found, False).to_numpy())


def _groups(column: pa.ChunkedArray) -> Groups:
    """Return the values in ascending order of their texts; NaN is no value."""
    texts = pc.if_else(
        pc.is_null(column, nan_is_null=True), pa.scalar(None, pa.string()), column.cast(pa.string())
    )
    coded = pc.dictionary_encode(texts.combine_chunks(), null_encoding="encode")
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    order = pc.array_sort_indices(coded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return Groups(coded.dictionary.take(pa.array(order)), rank[coded.indices.to_numpy()])


def _named_columns(gate: Gate) -> Iterator[tuple[str, str]]:
    """Yield columns whose values are groups, and the fields that name them."""
    for each in gate.slices:
        if each.column is not None:
            yield each.column, "gate.slices"
    for each_fairness in gate.fairness:
        yield each_fairness.column, "gate.fairness"


def _refuse_unusable(name: str, types: dict[str, str], target: str, field: str) -> None:
    if name == target:
        raise _invalid(f"`{field}` names {name!r}, the target column; name another")
    if name not in types:
        raise TrainerError(
            FailureReason.COLUMN_MISSING,
            f"the snapshot has no column {name!r}, which `{field}` names; correct the name, or "
            "deliver the column",
        )
    if types[name].startswith(_UNUSABLE):
        raise _invalid(
            f"`{field}` names {name!r}, which is {types[name]}; name a column of single values"
        )


def _place(name: str) -> str:
    return f"`gate.slices[{name}].expression`"


@contextmanager
def _as_parameter() -> Iterator[None]:
    """Tell what is wrong in an expression as a fault of the run's own spec, not of a step."""
    try:
        yield
    except TrainerError as error:
        raise _invalid(error.message) from error


def _shown(value: str | None) -> str:
    if value is None:
        return _NO_VALUE
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def _invalid(message: str) -> TrainerError:
    return TrainerError(FailureReason.PARAMETER_INVALID, message)
