"""Delta Lake tables in a real store, written by the deltalake library."""

import base64
import json
import struct
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from tests.integration.sources.table_fixtures import Lake, lake, lake_endpoint, landed

from tidewheel_contracts.api.v1alpha1.source_files import TableFormat
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Connector

__all__ = ["lake", "lake_endpoint"]


def write(lake: Lake, rows: dict[str, list[Any]] | pa.Table, **options: Any) -> None:
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    write_deltalake(lake.location, table, storage_options=lake.storage_options, **options)


def opened(lake: Lake) -> DeltaTable:
    return DeltaTable(lake.location, storage_options=lake.storage_options)


def connector(lake: Lake) -> Connector:
    return lake.connector(TableFormat.DELTA)


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    source = connector(lake)
    return landed(source, source.look({}), lake.scratch)


def failure_of(lake: Lake) -> TrainerError:
    with pytest.raises(TrainerError) as caught:
        rows_of(lake)
    return caught.value


def test_a_table_lands_with_its_types_in_order_of_its_files(lake: Lake) -> None:
    moment = datetime(2026, 1, 31, 6, 30, tzinfo=UTC)
    table = pa.table(
        {
            "id": pa.array([2**53 + 1, 2], pa.int64()),
            "small": pa.array([1, None], pa.int16()),
            "share": [0.5, float("inf")],
            "price": pa.array([Decimal("1.10"), None], pa.decimal128(20, 2)),
            "day": [date(2026, 1, 31), None],
            "at": pa.array([moment, None], pa.timestamp("us", tz="UTC")),
            "late": [True, None],
            "tags": [["a", "b"], None],
            "place": [{"x": 1, "at": moment}, None],
            "raw": [b"\x00\xff", None],
        }
    )
    write(lake, table)
    source = connector(lake)
    look = source.look({})

    rows = landed(source, look, lake.scratch)
    assert rows == [
        {
            "id": 2**53 + 1,
            "small": 1,
            "share": 0.5,
            "price": Decimal("1.10"),
            "day": date(2026, 1, 31),
            "at": moment,
            "late": True,
            "tags": '["a","b"]',
            "place": '{"x":1,"at":"2026-01-31T06:30:00+00:00"}',
            "raw": b"\x00\xff",
        },
        {**dict.fromkeys(table.column_names), "id": 2, "share": float("inf")},
    ]
    assert pq.read_schema(lake.scratch / "landed").field("small").type == pa.int16()


def test_a_look_tells_the_version_and_by_how_many_rows_the_table_grew(lake: Lake) -> None:
    write(lake, {"id": [1, 2]})
    source = connector(lake)
    first = source.look({})
    again = source.look(first.position)
    write(lake, {"id": [3, 4, 5]}, mode="append")
    second = source.look(first.position)

    table_id = opened(lake).metadata().id
    assert first.position == {"table": table_id, "version": "0", "rows": "2"}
    assert (first.new_rows, again.new_rows, second.new_rows) == (2, 0, 3)
    assert second.position == {"table": table_id, "version": "1", "rows": "5"}
    assert again.fingerprint == first.fingerprint != second.fingerprint
    assert [piece.key for piece in second.pieces] == [piece.key for piece in first.pieces]
    assert second.pieces[0].mark != first.pieces[0].mark


def test_appended_overwritten_and_deleted_rows_show_in_the_newest_version(lake: Lake) -> None:
    write(lake, {"id": [1, 2]})
    write(lake, {"id": [3]}, mode="append")
    assert sorted(row["id"] for row in rows_of(lake)) == [1, 2, 3]
    opened(lake).delete("id = 2")
    assert sorted(row["id"] for row in rows_of(lake)) == [1, 3]
    write(lake, {"id": [9]}, mode="overwrite")
    assert rows_of(lake) == [{"id": 9}]


def test_a_version_that_was_looked_at_lands_although_a_newer_one_is_there(lake: Lake) -> None:
    write(lake, {"id": [1]})
    source = connector(lake)
    look = source.look({})
    write(lake, {"id": [2]}, mode="overwrite")
    opened(lake).create_checkpoint()
    assert landed(source, look, lake.scratch) == [{"id": 1}]


def test_columns_that_older_files_lack_have_no_value_there(lake: Lake) -> None:
    write(lake, {"id": [1]})
    write(lake, {"id": [2], "late": [True]}, mode="append", schema_mode="merge")
    assert sorted(rows_of(lake), key=lambda row: row["id"]) == [
        {"id": 1, "late": None},
        {"id": 2, "late": True},
    ]


def test_values_of_partitions_come_from_the_log(lake: Lake) -> None:
    days = [date(2026, 1, 1), date(2026, 1, 2), None]
    odd = ["a b/ü%41", "", None]
    write(lake, {"id": [1, 2, 3], "day": days, "odd": odd}, partition_by=["day", "odd"])
    found = sorted(rows_of(lake), key=lambda row: row["id"])
    assert [(row["id"], row["day"]) for row in found] == list(zip([1, 2, 3], days, strict=True))
    assert [row["odd"] or None for row in found] == ["a b/ü%41", None, None]


def test_landing_twice_gives_the_same_bytes(lake: Lake) -> None:
    for number in range(5):
        write(lake, {"id": [number]}, mode="append")
    source = connector(lake)
    (piece,) = source.look({}).pieces
    for name in ("first", "second"):
        source.land(piece, lake.scratch / name)
    assert (lake.scratch / "first").read_bytes() == (lake.scratch / "second").read_bytes()


def test_after_a_checkpoint_older_entries_of_the_log_are_not_needed(lake: Lake) -> None:
    for number in range(4):
        write(lake, {"id": [number]}, mode="append")
    opened(lake).create_checkpoint()
    write(lake, {"id": [4]}, mode="append")
    for version in range(3):
        lake.remove(f"{lake.prefix}/_delta_log/{version:020}.json")
    assert sorted(row["id"] for row in rows_of(lake)) == [0, 1, 2, 3, 4]


def test_a_table_without_rows_lands_its_columns(lake: Lake) -> None:
    schema = pa.schema([("id", pa.int64()), ("tags", pa.list_(pa.string()))])
    DeltaTable.create(lake.location, schema, storage_options=lake.storage_options)
    source = connector(lake)
    look = source.look({})
    assert landed(source, look, lake.scratch) == []
    assert look.new_rows == 0
    assert pq.read_schema(lake.scratch / "landed").types == [pa.int64(), pa.string()]


def test_rows_that_a_deletion_vector_marks_are_left_out(lake: Lake) -> None:
    write(lake, {"id": list(range(10))})
    lake.put(f"{lake.prefix}/_delta_log/{1:020}.json", _deleting(lake, [0, 3, 9]))
    source = connector(lake)
    look = source.look({})
    assert landed(source, look, lake.scratch) == [
        {"id": number} for number in (1, 2, 4, 5, 6, 7, 8)
    ]
    assert look.new_rows is None


def test_a_table_that_is_gone_is_told_with_its_place(lake: Lake) -> None:
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_EMPTY
    assert error.message == (
        f"there is no Delta Lake table at '{lake.prefix}/': no object lies below "
        f"'{lake.prefix}/_delta_log/'; correct `source.table.prefix` or write the table"
    )


@pytest.mark.parametrize("data", [b'{"add": {"path": "x', b"\xff\xfe nothing"])
def test_a_log_with_a_broken_entry_is_told(lake: Lake, data: bytes) -> None:
    write(lake, {"id": [1]})
    lake.put(f"{lake.prefix}/_delta_log/{1:020}.json", data)
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert "has a log below '_delta_log/' that cannot be read" in error.message
    assert str(lake.scratch) not in error.message


def test_a_log_that_lacks_an_entry_is_told(lake: Lake) -> None:
    for number in range(3):
        write(lake, {"id": [number]}, mode="append")
    lake.remove(f"{lake.prefix}/_delta_log/{1:020}.json")
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert "gap" in error.message


def test_a_data_file_that_is_gone_is_worth_another_attempt(lake: Lake) -> None:
    write(lake, {"id": [1]})
    (key,) = (key for key in lake.listed() if key.endswith(".parquet"))
    lake.remove(key)
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNAVAILABLE
    assert f"needs the object '{key}', which is not there" in error.message


def test_a_data_file_that_is_cut_short_is_told(lake: Lake) -> None:
    write(lake, {"id": [1]})
    (key,) = (key for key in lake.listed() if key.endswith(".parquet"))
    lake.put(key, lake.get(key)[:-7])
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert f"has the data file '{key}' that cannot be read" in error.message


@pytest.mark.parametrize(
    "path", ["s3://elsewhere/secret.parquet", "../../other/secret.parquet", "file:///etc/passwd"]
)
def test_a_log_that_names_files_elsewhere_is_refused(lake: Lake, path: str) -> None:
    write(lake, {"id": [1]})
    add = {"path": path, "partitionValues": {}, "size": 9, "modificationTime": 0}
    entry = json.dumps({"add": {**add, "dataChange": True}})
    lake.put(f"{lake.prefix}/_delta_log/{1:020}.json", entry.encode())
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_FORBIDDEN
    assert "outside of its bucket" in error.message


def test_a_table_that_was_made_anew_while_it_was_read_is_another_table(lake: Lake) -> None:
    write(lake, {"id": [1]})
    source = connector(lake)
    look = source.look({})
    for key in lake.listed():
        lake.remove(key)
    write(lake, {"id": [2]})
    with pytest.raises(TrainerError, match="was made anew while it was read") as caught:
        landed(source, look, lake.scratch)
    assert caught.value.reason is FailureReason.SOURCE_UNAVAILABLE
    assert source.look(look.position).new_rows == 1


def test_renamed_columns_are_found_in_files_by_their_first_names(lake: Lake) -> None:
    write(lake, {"col-1": [1, 2], "col-2": ["a", "b"]}, partition_by=["col-2"])
    fields = [_mapped_field("key", "col-1", "long"), _mapped_field("part", "col-2", "string")]
    _map_columns(lake, "name", fields, ["part"])
    assert rows_of(lake) == [{"key": 1, "part": "a"}, {"key": 2, "part": "b"}]


@pytest.mark.parametrize(
    ("mode", "kind", "feature"),
    [
        ("id", "long", "columnMapping by id"),
        (
            "name",
            {"type": "array", "elementType": "long", "containsNull": True},
            "columnMapping with nested columns",
        ),
    ],
)
def test_other_mappings_of_columns_are_refused_by_name(
    lake: Lake, mode: str, kind: Any, feature: str
) -> None:
    write(lake, {"col-1": [1]})
    _map_columns(lake, mode, [_mapped_field("key", "col-1", kind)], [])
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert error.message == (
        f"the table at '{lake.prefix}/' uses the feature {feature} of Delta Lake, which is not "
        "read; write a copy without it (`CREATE TABLE ... AS SELECT`)"
    )


def test_another_store_is_asked_about_before_it_is_connected_to(lake: Lake) -> None:
    class Refusing:
        def address_of(self, host: str, port: int) -> str:
            raise TrainerError(FailureReason.SOURCE_FORBIDDEN, f"{host}:{port}")

    with pytest.raises(TrainerError, match=lake.endpoint.removeprefix("http://")) as caught:
        lake.connector(TableFormat.DELTA, Refusing()).look({})
    assert caught.value.reason is FailureReason.SOURCE_FORBIDDEN


def _mapped_field(name: str, physical: str, kind: Any) -> dict[str, Any]:
    number = int(physical.rpartition("-")[2])
    metadata = {
        "delta.columnMapping.id": number,
        "delta.columnMapping.physicalName": physical,
    }
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def _map_columns(
    lake: Lake, mode: str, fields: list[dict[str, Any]], partitions: list[str]
) -> None:
    """Give the columns of the table other names, as Spark does: in the log alone."""
    metadata = {
        "id": str(opened(lake).metadata().id),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": partitions,
        "configuration": {
            "delta.columnMapping.mode": mode,
            "delta.columnMapping.maxColumnId": str(len(fields)),
        },
    }
    protocol = {"minReaderVersion": 2, "minWriterVersion": 5}
    entry = "\n".join(map(json.dumps, ({"protocol": protocol}, {"metaData": metadata})))
    lake.put(f"{lake.prefix}/_delta_log/{1:020}.json", entry.encode())


def _deleting(lake: Lake, rows: list[int]) -> bytes:
    """Return an entry of the log that marks rows of the only file as deleted, as Spark does."""
    (old,) = (
        json.loads(line)["add"]
        for line in lake.get(f"{lake.prefix}/_delta_log/{0:020}.json").splitlines()
        if b'"add"' in line
    )
    vector = {
        "storageType": "i",
        "pathOrInlineDv": _inline_vector(rows),
        "sizeInBytes": len(_vector(rows)),
        "cardinality": len(rows),
    }
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    remove = {"path": old["path"], "deletionTimestamp": 1, "dataChange": True}
    add = {**old, "deletionVector": vector}
    lines = ({"protocol": protocol}, {"remove": remove}, {"add": add})
    return "\n".join(map(json.dumps, lines)).encode()


def _vector(rows: list[int]) -> bytes:
    """Return a RoaringBitmapArray with one bitmap of one array container, by the formats' specs."""
    count = len(rows)
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, count - 1, 16) + struct.pack(f"<{count}H", *rows)
    return struct.pack("<IqI", 1681511377, 1, 0) + bitmap


def _inline_vector(rows: list[int]) -> str:
    data = _vector(rows)
    padded = data + b"\0" * (-len(data) % 4)
    return _z85(padded)


def _z85(data: bytes) -> str:
    """Return ZeroMQ's Base85, which differs from Python's in its alphabet only."""
    python = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
    zeromq = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    return base64.b85encode(data).decode().translate(str.maketrans(python, zeromq))
