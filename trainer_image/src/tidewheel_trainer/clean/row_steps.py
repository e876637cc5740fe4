"""Steps whose answer for a row depends on that row alone; each works on a table of some rows.

What a step leaves alone keeps its exact type: only the columns that an expression reads go through
SQL. NaN is no value.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.dataset_steps import (
    Cast,
    Clip,
    Derive,
    DropNulls,
    FillNulls,
    Filter,
    Rename,
    Sample,
    Select,
    Step,
    step_name,
)
from tidewheel_trainer.clean.asking import answered
from tidewheel_trainer.clean.casting import TYPE_OF_KIND, cast_expression
from tidewheel_trainer.clean.faults import step_failed, telling
from tidewheel_trainer.clean.row_condition import row_condition
from tidewheel_trainer.clean.row_text import row_texts
from tidewheel_trainer.clean.sql_text import columns_of_expression

__all__ = ["RowStep", "row_step"]

# How a time's zone is written at its end.
_ZONE = re.compile(r"(Z|:[0-9.]+ ?[+-][0-9:]+)$")

Session = duckdb.DuckDBPyConnection
Rows = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class RowStep:
    """A step that is ready for tables of one schema, and the schema that it makes of it."""

    name: str
    schema: pa.Schema
    done: Rows


def row_step(session: Session, step: Step, schema: pa.Schema, place: str) -> RowStep:
    """Return the step, ready; what is wrong in it is told before any row is read.

    Args:
        session: answers what is asked in SQL.
        step: a step of single rows.
        schema: of the tables that it will be given.
        place: of the step, such as `steps[3]`, for messages.

    Raises:
        TrainerError: StepFailed. What is done to rows may raise it, too.
    """
    name = step_name(step)
    place = f"{place}.{name}"
    done = _done(session, step, schema, place)

    def told(table: pa.Table) -> pa.Table:
        with telling(place):
            return done(table)

    return RowStep(name, told(schema.empty_table()).schema, told)


def _done(session: Session, step: Step, schema: pa.Schema, place: str) -> Rows:
    match next(value for value in (getattr(step, f) for f in type(step).model_fields) if value):
        case DropNulls() as drop_nulls:
            return _without_nulls(drop_nulls, schema, place)
        case FillNulls() as fill_nulls:
            return _filled(fill_nulls, schema, place)
        case Filter() as condition:
            return _filtered(session, condition, schema, place)
        case Derive() as derive:
            return _derived(session, derive, schema, place)
        case Cast() as cast:
            return _cast(session, cast, schema, place)
        case Rename() as rename:
            return _renamed(rename, schema, place)
        case Select() as select:
            return _selected(select, schema, place)
        case Sample() as sample:
            return _sampled(session, sample)
        case Clip() as clip:
            return _clipped(clip, schema, place)
        case _:
            raise AssertionError(f"{place} is no step of single rows")


def _without_nulls(step: DropNulls, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing(step.columns, schema, f"{place}.columns")

    def done(table: pa.Table) -> pa.Table:
        for column in step.columns:
            table = table.filter(pc.invert(pc.is_null(table[column], nan_is_null=True)))
        return table

    return done


def _filled(step: FillNulls, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing((step.column,), schema, f"{place}.column")
    kind = schema.field(step.column).type
    # A column without any value has no type of its own yet; text is what the value is written in.
    value = _scalar(step.value, pa.string() if pa.types.is_null(kind) else kind, f"{place}.value")

    def done(table: pa.Table) -> pa.Table:
        column = table[step.column].cast(value.type)
        lacks = pc.is_null(column, nan_is_null=True)
        return _with_column(table, step.column, pc.if_else(lacks, value, column))

    return done


def _filtered(session: Session, step: Filter, schema: pa.Schema, place: str) -> Rows:
    kept = row_condition(session, step.expression, schema.names, f"{place}.expression")
    return lambda table: table.filter(kept(table))


def _derived(session: Session, step: Derive, schema: pa.Schema, place: str) -> Rows:
    place = f"{place}.expression"
    read = columns_of_expression(session, step.expression, schema.names, place)

    def done(table: pa.Table) -> pa.Table:
        with telling(place):
            value = answered(session, f"(\n{step.expression}\n)", _some(table, read), place)
        return _with_column(table, step.column, value)

    return done


def _cast(session: Session, step: Cast, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing((step.column,), schema, f"{place}.column")
    wanted = TYPE_OF_KIND[step.type]
    expression = cast_expression("c", schema.field(step.column).type, step.type)

    def done(table: pa.Table) -> pa.Table:
        rows = pa.table({"c": table[step.column]})
        with telling(f"{place}: column {step.column!r}"):
            value = answered(session, expression, rows, place).cast(wanted)
        return _with_column(table, step.column, value)

    return done


def _renamed(step: Rename, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing((step.column,), schema, f"{place}.column")
    if step.to in schema.names and step.to != step.column:
        raise step_failed(f"{place}.to", f"there is a column {step.to!r} already")
    names = [step.to if name == step.column else name for name in schema.names]
    return lambda table: table.rename_columns(names)


def _selected(step: Select, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing(step.columns, schema, f"{place}.columns")
    return lambda table: table.select(list(step.columns))


def _sampled(session: Session, step: Sample) -> Rows:
    """Keep rows whose MD5, of the seed and the row's text, is among the lowest.

    Of the digest the last eight bytes count, as a number whose lowest byte is the first.
    """
    highest = int(Decimal(step.fraction) * 2**64)

    def done(table: pa.Table) -> pa.Table:
        rows = pa.table({"c": row_texts(session, table)})
        kept = f"md5_number_lower(concat('{step.seed}:', c)) < {highest}::UBIGINT"
        return table.filter(answered(session, kept, rows, "sample"))

    return done


def _clipped(step: Clip, schema: pa.Schema, place: str) -> Rows:
    _refuse_missing((step.column,), schema, f"{place}.column")
    kind = schema.field(step.column).type
    if not (_is_number(kind) or pa.types.is_null(kind)):
        raise step_failed(f"{place}.column", f"{step.column!r} is {kind}, which is no number")
    limits = [
        (is_beyond, _scalar(text, kind, f"{place}.{name}"))
        for is_beyond, name, text in (
            (pc.less, "minimum", step.minimum),
            (pc.greater, "maximum", step.maximum),
        )
        if text is not None and not pa.types.is_null(kind)
    ]

    def done(table: pa.Table) -> pa.Table:
        column = table[step.column]
        for is_beyond, limit in limits:
            column = pc.if_else(is_beyond(column, limit), limit, column)
        return _with_column(table, step.column, column)

    return done


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _scalar(text: str, kind: pa.DataType, place: str) -> pa.Scalar:
    """Return a value that is written as text, in the column's type."""
    try:
        if pa.types.is_timestamp(kind) and kind.tz is not None and not _ZONE.search(text):
            # Without a zone it is UTC.
            return pa.scalar(text).cast(pa.timestamp(kind.unit)).cast(kind)
        return pa.scalar(text).cast(kind)
    except pa.ArrowException as error:
        raise step_failed(place, f"{text!r} is no value of the column's type {kind}") from error


def _with_column(table: pa.Table, name: str, value: pa.ChunkedArray) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, value)
    return table.append_column(name, value)


def _some(table: pa.Table, columns: list[str]) -> pa.Table:
    """Return the columns that are read; without any, a column that only tells how many rows."""
    return table.select(columns or table.column_names[:1])


def _refuse_missing(columns: tuple[str, ...], schema: pa.Schema, place: str) -> None:
    for column in columns:
        if column not in schema.names:
            shown = ", ".join(schema.names[:20])
            more = f" and {len(schema) - 20} more" if len(schema) > 20 else ""
            raise step_failed(place, f"there is no column {column!r}; there are {shown}{more}")
