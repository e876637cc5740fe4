"""Values that a driver gives as Python objects, written with types that fit all of a column.

Drivers tell the types of columns each in their own way, and not all tell decimals apart; the values
do. Each batch is kept as Arrow in a file, until the types of all are known:

    bool, int, float, str, bytes      as they are; whole numbers beside floats become double
    Decimal                           decimal(38, 9), or (38, 18) where values need it: always the
                                      same, whatever digits happen to be there; NaN is null
    date, datetime                    date; timestamp, in UTC where values have a zone
    lists, dicts                      JSON text
    time, UUID and anything else      text, as Python writes it
    several kinds                     text
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.plain_json import json_text
from tidewheel_trainer.sources.sql_cursor import CursorValue

__all__ = ["cursor_value", "write_values"]

_DECIMALS = (pa.decimal128(38, 9), pa.decimal128(38, 18))
_PLAIN = (bool, int, float, str, bytes, Decimal, date)
Rows = Sequence[Sequence[object]]


def cursor_value(value: object, column: str) -> CursorValue:
    """Return a value of the cursor column as text and kind.

    Raises:
        TrainerError: SourceUnreadable, for values that cannot be gone on from exactly.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return CursorValue("time", value.isoformat(" "))
        return CursorValue("zoned time", value.astimezone(UTC).isoformat(" "))
    if isinstance(value, date):
        return CursorValue("date", value.isoformat())
    if isinstance(value, str):
        return CursorValue("text", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return CursorValue("number", str(value))
    if isinstance(value, Decimal) and value.is_finite():
        return CursorValue("number", f"{value:f}")
    raise TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"the cursor column {column!r} has values of the kind {type(value).__name__}, which cannot "
        "be gone on from exactly; name a column of whole or decimal numbers, times or text",
    )


def write_values(
    names: Sequence[str], batches: Iterable[Rows], target: Path, scratch: Path
) -> None:
    """Write batches of rows to a Parquet file, one batch in memory at a time."""
    with TemporaryDirectory(dir=scratch, prefix="batches-") as folder:
        types = [pa.null() for _ in names]
        count = 0
        for rows in batches:
            arrays = [_array(values) for values in zip(*rows, strict=True)]
            types = [_common(one, array.type) for one, array in zip(types, arrays, strict=True)]
            batch = pa.RecordBatch.from_arrays(arrays, names=list(names))
            with ipc.new_file(str(Path(folder) / str(count)), batch.schema) as writer:
                writer.write_batch(batch)
            count += 1
        schema = pa.schema(list(zip(names, types, strict=True)))
        with pq.ParquetWriter(target, schema, compression="zstd") as parquet:
            for place in range(count):
                with ipc.open_file(str(Path(folder) / str(place))) as reader:
                    given = reader.get_batch(0)
                arrays = [
                    _as_type(array, wanted)
                    for array, wanted in zip(given.columns, types, strict=True)
                ]
                parquet.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _array(values: Sequence[object]) -> pa.Array:
    given = [_plain(value) for value in values]
    kinds = {type(value) for value in given if value is not None}
    if kinds == {int, float} and all(abs(v) <= 2**53 for v in given if isinstance(v, int)):
        kinds = {float}
    if kinds == {int, Decimal}:
        given = [Decimal(value) if isinstance(value, int) else value for value in given]
        kinds = {Decimal}
    is_one_kind = len(kinds) <= 1
    if is_one_kind and kinds == {datetime}:
        zoned = {value.tzinfo is not None for value in given if isinstance(value, datetime)}
        if len(zoned) == 1:
            return pa.array(given, pa.timestamp("us", tz="UTC" if True in zoned else None))
        is_one_kind = False
    wanted = {frozenset({float}): (pa.float64(),), frozenset({Decimal}): _DECIMALS}
    for kind in wanted.get(frozenset(kinds), (None,)) if is_one_kind else ():
        try:
            return pa.array(given, kind)
        except (pa.ArrowException, OverflowError):
            # Numbers with more digits than this type has.
            continue
    return pa.array([_text(value) for value in given], pa.string())


def _plain(value: object) -> object:
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if value is None or type(value) in (*_PLAIN, datetime):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return json_text(value) if isinstance(value, dict | list | tuple) else str(value)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return repr(value) if isinstance(value, float) else json_text(value).strip('"')


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return the type that holds the values of both."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    if {one, other} == {pa.int64(), _DECIMALS[0]}:
        return _DECIMALS[0]
    return pa.string()


def _as_type(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    if array.type == wanted:
        return array
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), wanted)
    if pa.types.is_string(wanted):
        return pa.array([_text(value) for value in array.to_pylist()], wanted)
    return array.cast(wanted, safe=not pa.types.is_floating(wanted))
