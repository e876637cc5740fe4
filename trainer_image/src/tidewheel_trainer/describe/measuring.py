"""Measure some columns of a snapshot in two readings: what there is, then how often.

The first reading also keeps the values of the sample; from them come quantiles, edges and the
choice of values, which the second reading counts in all rows. Both are one query of DuckDB over a
stream, so memory holds a few batches and the sample, whatever the number of rows.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.artifact.snapshot_profile import (
    QUANTILES,
    ColumnGroup,
    ColumnProfile,
    Histogram,
    ValueRows,
)
from tidewheel_trainer import times
from tidewheel_trainer.describe.plain_columns import group_of

__all__ = ["Measured", "measured_columns"]

_BINS = 20
_LISTED_VALUES = 20
_LONGEST_TYPE = 200
Reading = Callable[[], Iterator[pa.Table]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured: the columns' names and types, and rows of the snapshot and its sample."""

    names: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    # Of the plain columns, which are named c0, c1 and so on.
    schema: pa.Schema
    rows: int
    in_sample: Callable[[int, int], np.ndarray]
    # Which rows of the sample a model may learn, shape (n_sample_rows,).
    learnable: np.ndarray

    @property
    def is_all_in_sample(self) -> bool:
        """Return whether the sample is the whole snapshot."""
        return len(self.learnable) == self.rows


def measured_columns(
    session: duckdb.DuckDBPyConnection, what: Measured, reading: Reading
) -> tuple[ColumnProfile, ...]:
    """Return the profiles of the columns.

    Args:
        session: DuckDB.
        what: the columns and the sample.
        reading: begins to read the plain columns anew.
    """
    sample: list[pa.Table] = []
    groups = [group_of(kind) for kind in what.types]
    wanted: dict[str, str] = {}
    for place, group in enumerate(groups):
        wanted |= _first_look(place, group, what)
    first = _asked(session, what.schema, wanted, _kept(reading(), what, sample))
    kept = pa.concat_tables(sample)
    if what.is_all_in_sample:
        for place, group in enumerate(groups):
            if group is not ColumnGroup.OTHER:
                first[f"c{place} distinct"] = _distinct(kept[f"c{place}"])
    plans = [_plan(kept[f"c{place}"], group, what) for place, group in enumerate(groups)]
    counted: dict[str, str] = {}
    for place, plan in enumerate(plans):
        counted |= _second_look(place, plan, first)
    second = _asked(session, what.schema, counted, reading()) if counted else {}
    return tuple(
        _profile(place, groups[place], what, plan, {**first, **second})
        for place, plan in enumerate(plans)
    )


def _kept(tables: Iterator[pa.Table], what: Measured, sample: list[pa.Table]) -> Iterator[pa.Table]:
    """Pass tables on and keep the rows of the sample."""
    first = 0
    sample.append(what.schema.empty_table())
    for table in tables:
        mask = what.in_sample(first, table.num_rows)
        first += table.num_rows
        sample.append(table if mask.all() else table.filter(pa.array(mask)))
        yield table


def _asked(
    session: duckdb.DuckDBPyConnection,
    schema: pa.Schema,
    wanted: Mapping[str, str],
    tables: Iterator[pa.Table],
) -> dict[str, Any]:
    batches = (batch for table in tables for batch in table.to_batches())
    session.register("rows_of_snapshot", pa.RecordBatchReader.from_batches(schema, batches))
    try:
        query = f"SELECT {', '.join(wanted.values())} FROM rows_of_snapshot"  # noqa: S608  ours
        (answer,) = session.execute(query).fetchall()
    finally:
        session.unregister("rows_of_snapshot")
    return dict(zip(wanted, answer, strict=True))


def _first_look(place: int, group: ColumnGroup, what: Measured) -> dict[str, str]:
    name = f"c{place}"
    wanted = {f"{name} there": f"count({name})"}
    if group is ColumnGroup.OTHER:
        return wanted
    value, finite = name, "true"
    if pa.types.is_floating(what.schema.field(place).type):
        # Adding zero makes one zero of the two that floats have.
        value, finite = f"({name} + 0)", f"isfinite({name})"
        wanted[f"{name} nan"] = f"count(*) FILTER (isnan({name}))"
        wanted[f"{name} infinite"] = f"count(*) FILTER (isinf({name}))"
    # Of a small snapshot the sample tells it exactly; DuckDB would need a mebibyte for each column.
    if not what.is_all_in_sample:
        wanted[f"{name} distinct"] = f"approx_count_distinct({value}) FILTER ({finite})"
    for bound in ("min", "max"):
        found = f"{bound}({value}) FILTER ({finite})"
        as_text = f"epoch_us({found})" if group is ColumnGroup.TIME else f"{found}::VARCHAR"
        wanted[f"{name} {bound}"] = as_text
    return wanted


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the sample says of a column: quantiles, edges of bins, and values worth counting."""

    quantiles: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    is_floating: bool = False


def _plan(column: pa.ChunkedArray, group: ColumnGroup, what: Measured) -> _Plan:
    if group in (ColumnGroup.OTHER, ColumnGroup.TIME):
        return _Plan()
    if group is not ColumnGroup.NUMBER:
        return _Plan(values=_common(column))
    numbers = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy() + 0.0
    finite = np.isfinite(numbers)
    if not finite.any():
        return _Plan()
    quantiles = tuple(_quantiles(numbers[finite], QUANTILES).tolist())
    few = np.unique(numbers[finite])
    is_floating = pa.types.is_floating(column.type)
    if len(few) <= _LISTED_VALUES:
        values = [repr(value) for value in few.tolist()] if is_floating else _common(column)
        return _Plan(quantiles=quantiles, values=tuple(values), is_floating=is_floating)
    learned = finite & what.learnable
    source = numbers[learned] if learned.any() else numbers[finite]
    edges = np.unique(_quantiles(source, np.linspace(0, 1, _BINS + 1)))
    return _Plan(quantiles=quantiles, edges=tuple(edges.tolist()))


def _distinct(column: pa.ChunkedArray) -> int:
    if not pa.types.is_floating(column.type):
        return int(pc.count_distinct(column).as_py())
    numbers = column.drop_null().to_numpy() + 0.0
    return len(np.unique(numbers[np.isfinite(numbers)]))


def _quantiles(numbers: np.ndarray, shares: Sequence[float] | np.ndarray) -> np.ndarray:
    # Of halves, because the distance of two large numbers may be no number any more.
    return np.asarray(np.quantile(numbers / 2, shares) * 2)


def _common(column: pa.ChunkedArray) -> tuple[str, ...]:
    counted = [
        each
        for each in pc.value_counts(column.cast(pa.string())).to_pylist()
        if each["values"] is not None
    ]
    ordered = sorted(counted, key=lambda each: (-each["counts"], each["values"]))
    return tuple(each["values"] for each in ordered[:_LISTED_VALUES])


def _second_look(place: int, plan: _Plan, first: Mapping[str, Any]) -> dict[str, str]:
    name = f"c{place}"
    wanted = {}
    if plan.quantiles:
        number = f"({name}::DOUBLE + 0)"
        finite = f"FILTER (isfinite({name}::DOUBLE))"
        # Divided by the largest, or the sum and the squares of large numbers would overflow.
        scale = _scale(first, name)
        wanted[f"{name} mean"] = f"avg({number} / {scale!r}) {finite}"
        wanted[f"{name} deviation"] = f"stddev_samp({number} / {scale!r}) {finite}"
        if plan.edges:
            below = float(np.nextafter(plan.edges[0], -np.inf))
            bounds = _list([repr(edge) for edge in (below, *plan.edges[1:])], "DOUBLE")
            wanted[f"{name} bins"] = f"histogram({number}, {bounds}) {finite}"
    if plan.is_floating and plan.values:
        values = _list(plan.values, "DOUBLE")
        wanted[f"{name} values"] = (
            f"histogram_exact({name} + 0, {values}) FILTER (isfinite({name}))"
        )
    elif plan.values:
        marked = _marked(plan.values)
        texts = _list(["'" + value.replace("'", "''") + "'" for value in marked], "VARCHAR")
        given = f"{name}::VARCHAR" if marked == plan.values else f"'=' || {name}::VARCHAR"
        wanted[f"{name} values"] = f"histogram_exact({given}, {texts})"
    return wanted


def _marked(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values without an empty text: under that DuckDB counts what is not listed."""
    return tuple(f"={value}" for value in values) if "" in values else values


def _list(items: Sequence[str], kind: str) -> str:
    return f"[{', '.join(items)}]::{kind}[]"


def _scale(first: Mapping[str, Any], name: str) -> float:
    largest = max(abs(float(first[f"{name} {bound}"])) for bound in ("min", "max"))
    # A power of two, by which floats are divided exactly.
    return math.ldexp(0.5, math.frexp(largest)[1])


def _profile(
    place: int, group: ColumnGroup, what: Measured, plan: _Plan, found: Mapping[str, Any]
) -> ColumnProfile:
    name = f"c{place}"
    scale = _scale(found, name) if plan.quantiles else 1.0
    return ColumnProfile(
        name=what.names[place],
        type=str(what.types[place])[:_LONGEST_TYPE],
        group=group,
        nulls=what.rows - found[f"{name} there"],
        nan=found.get(f"{name} nan", 0),
        infinite=found.get(f"{name} infinite", 0),
        distinct=found.get(f"{name} distinct"),
        distinct_is_estimate=group is not ColumnGroup.OTHER and not what.is_all_in_sample,
        minimum=_bound(found.get(f"{name} min"), group),
        maximum=_bound(found.get(f"{name} max"), group),
        mean=_finite(found.get(f"{name} mean"), scale),
        deviation=_finite(found.get(f"{name} deviation"), scale),
        quantiles=_with_exact_ends(plan.quantiles, found, name),
        histogram=_histogram(plan, found.get(f"{name} bins")),
        values=_values(plan, found.get(f"{name} values")),
    )


def _with_exact_ends(
    quantiles: tuple[float, ...], found: Mapping[str, Any], name: str
) -> tuple[float, ...]:
    """Return the quantiles of the sample between lowest and highest value of all rows."""
    if not quantiles:
        return ()
    return (float(found[f"{name} min"]), *quantiles[1:-1], float(found[f"{name} max"]))


def _bound(value: Any, group: ColumnGroup) -> str | None:  # noqa: ANN401 - what DuckDB gives
    if value is None:
        return None
    return times.iso_text(value) if group is ColumnGroup.TIME else str(value)


def _finite(value: float | None, scale: float) -> float | None:
    return None if value is None or not np.isfinite(value * scale) else value * scale


def _histogram(plan: _Plan, bins: Mapping[float, int] | None) -> Histogram | None:
    """Return the counts; DuckDB names a bin by its upper end, the rest by infinity."""
    if bins is None:
        return None
    below, *inside = [bins[bound] for bound in sorted(bins) if bound != np.inf]
    return Histogram(edges=plan.edges, rows=tuple(inside), below=below, above=bins.get(np.inf, 0))


def _values(plan: _Plan, counts: Mapping[Any, int] | None) -> tuple[ValueRows, ...]:
    if counts is None:
        return ()
    if plan.is_floating:
        listed = [(_short(value), counts.get(float(value), 0)) for value in plan.values]
    else:
        marked = zip(plan.values, _marked(plan.values), strict=True)
        listed = [(value, counts.get(mark, 0)) for value, mark in marked]
    ordered = sorted(enumerate(listed), key=lambda each: (-each[1][1], each[0]))
    return tuple(ValueRows(value=value, rows=rows) for _, (value, rows) in ordered)


def _short(number: str) -> str:
    return number.removesuffix(".0")
