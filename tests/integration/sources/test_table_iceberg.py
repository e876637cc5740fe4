"""Iceberg tables in a real store, written by pyiceberg."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.memory import InMemoryCatalog
from pyiceberg.expressions import EqualTo
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType, UUIDType
from tests.integration.sources.iceberg_deletes import with_deleted_rows
from tests.integration.sources.table_fixtures import BUCKET, Lake, lake, lake_endpoint, landed

from tidewheel_contracts.api.v1alpha1.source_files import TableFormat
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Connector

__all__ = ["catalog", "lake", "lake_endpoint"]


@pytest.fixture
def catalog(lake: Lake) -> Iterator[Catalog]:
    """Return a catalog of the test's own; only the writer knows it."""
    with closing(InMemoryCatalog("tests", warehouse=lake.location, **lake.io_properties)) as made:
        made.create_namespace("ns")
        yield made


def create(lake: Lake, catalog: Catalog, schema: pa.Schema | Schema, **options: Any) -> Table:
    return catalog.create_table("ns.t", schema, location=lake.location, **options)


def connector(lake: Lake) -> Connector:
    return lake.connector(TableFormat.ICEBERG)


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    source = connector(lake)
    return landed(source, source.look({}), lake.scratch)


def ids_of(lake: Lake) -> list[int]:
    return sorted(row["id"] for row in rows_of(lake))


def failure_of(lake: Lake) -> TrainerError:
    with pytest.raises(TrainerError) as caught:
        rows_of(lake)
    return caught.value


def ids(*values: int) -> pa.Table:
    return pa.table({"id": pa.array(values, pa.int64())})


def test_a_table_lands_with_its_types(lake: Lake, catalog: Catalog) -> None:
    moment = datetime(2026, 1, 31, 6, 30, tzinfo=UTC)
    table = pa.table(
        {
            "id": pa.array([2**53 + 1, 2], pa.int64()),
            "small": pa.array([1, None], pa.int32()),
            "share": [0.5, float("inf")],
            "price": pa.array([Decimal("1.10"), None], pa.decimal128(20, 2)),
            "day": [date(2026, 1, 31), None],
            "at": pa.array([moment, None], pa.timestamp("us", tz="UTC")),
            "late": [True, None],
            "name": ["ü", None],
            "tags": [["a", "b"], None],
            "place": [{"x": 1, "at": moment}, None],
            "raw": [b"\x00\xff", None],
        }
    )
    create(lake, catalog, table.schema).append(table)
    assert rows_of(lake) == [
        {
            "id": 2**53 + 1,
            "small": 1,
            "share": 0.5,
            "price": Decimal("1.10"),
            "day": date(2026, 1, 31),
            "at": moment,
            "late": True,
            "name": "ü",
            "tags": '["a","b"]',
            "place": '{"x":1,"at":"2026-01-31T06:30:00+00:00"}',
            "raw": b"\x00\xff",
        },
        {**dict.fromkeys(table.column_names), "id": 2, "share": float("inf")},
    ]
    types = dict(
        zip(table.column_names, pq.read_schema(lake.scratch / "landed").types, strict=True)
    )
    assert (types["small"], types["name"], types["raw"]) == (pa.int32(), pa.string(), pa.binary())


def test_uuids_are_text(lake: Lake, catalog: Catalog) -> None:
    value = UUID("12345678-1234-5678-1234-567812345678")
    schema = Schema(NestedField(1, "key", UUIDType()))
    rows = pa.table({"key": pa.array([value.bytes, None], pa.uuid())})
    create(lake, catalog, schema).append(rows)
    assert rows_of(lake) == [{"key": str(value)}, {"key": None}]


def test_a_look_tells_the_snapshot_and_by_how_many_rows_the_table_grew(
    lake: Lake, catalog: Catalog
) -> None:
    table = create(lake, catalog, ids().schema)
    table.append(ids(1, 2))
    source = connector(lake)
    first = source.look({})
    again = source.look(first.position)
    table.append(ids(3, 4, 5))
    second = source.look(first.position)

    snapshots = [str(snapshot.snapshot_id) for snapshot in table.snapshots()]
    table_id = str(table.metadata.table_uuid)
    assert first.position == {"table": table_id, "version": snapshots[0], "rows": "2"}
    assert second.position == {"table": table_id, "version": snapshots[1], "rows": "5"}
    assert (first.new_rows, again.new_rows, second.new_rows) == (2, 0, 3)
    assert again.fingerprint == first.fingerprint != second.fingerprint
    assert second.pieces[0].mark != first.pieces[0].mark


def test_appended_overwritten_and_deleted_rows_show_in_the_newest_snapshot(
    lake: Lake, catalog: Catalog
) -> None:
    table = create(lake, catalog, ids().schema)
    table.append(ids(1, 2))
    table.append(ids(3))
    assert ids_of(lake) == [1, 2, 3]
    table.delete(EqualTo("id", 2))
    assert ids_of(lake) == [1, 3]
    table.overwrite(ids(9))
    assert ids_of(lake) == [9]


def test_a_snapshot_that_was_looked_at_lands_although_a_newer_one_is_there(
    lake: Lake, catalog: Catalog
) -> None:
    table = create(lake, catalog, ids().schema)
    table.append(ids(1))
    source = connector(lake)
    look = source.look({})
    table.overwrite(ids(2))
    assert landed(source, look, lake.scratch) == [{"id": 1}]


def test_columns_that_are_added_and_renamed_read_old_files_too(
    lake: Lake, catalog: Catalog
) -> None:
    table = create(lake, catalog, ids().schema)
    table.append(ids(1))
    with table.update_schema() as update:
        update.rename_column("id", "key")
        update.add_column("late", StringType())
    table.append(pa.table({"key": pa.array([2], pa.int64()), "late": ["yes"]}))
    assert sorted(rows_of(lake), key=lambda row: row["key"]) == [
        {"key": 1, "late": None},
        {"key": 2, "late": "yes"},
    ]


def test_partitioned_rows_land_in_order_of_their_files(lake: Lake, catalog: Catalog) -> None:
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "part", StringType()))
    table = create(lake, catalog, schema)
    with table.update_spec() as update:
        update.add_field("part", IdentityTransform())
    table.append(pa.table({"id": pa.array([1, 2, 3], pa.int64()), "part": ["b", "a", "b"]}))
    assert rows_of(lake) == [
        {"id": 2, "part": "a"},
        {"id": 1, "part": "b"},
        {"id": 3, "part": "b"},
    ]


def test_landing_twice_gives_the_same_bytes(lake: Lake, catalog: Catalog) -> None:
    table = create(lake, catalog, ids().schema)
    for number in range(3):
        table.append(ids(number))
    source = connector(lake)
    (piece,) = source.look({}).pieces
    for name in ("first", "second"):
        source.land(piece, lake.scratch / name)
    assert (lake.scratch / "first").read_bytes() == (lake.scratch / "second").read_bytes()


def test_rows_in_delete_files_are_left_out_and_not_counted(lake: Lake, catalog: Catalog) -> None:
    table = create(lake, catalog, ids().schema, properties={"format-version": "2"})
    table.append(ids(*range(10)))
    with_deleted_rows(table, [0, 3, 9])
    source = connector(lake)
    look = source.look({})
    assert landed(source, look, lake.scratch) == [
        {"id": number} for number in (1, 2, 4, 5, 6, 7, 8)
    ]
    assert look.new_rows == 7


def test_a_table_without_a_snapshot_lands_its_columns(lake: Lake, catalog: Catalog) -> None:
    create(lake, catalog, pa.schema([("id", pa.int64()), ("tags", pa.list_(pa.string()))]))
    source = connector(lake)
    look = source.look({})
    assert landed(source, look, lake.scratch) == []
    assert (look.new_rows, look.position["version"]) == (0, "none")
    assert pq.read_schema(lake.scratch / "landed").types == [pa.int64(), pa.string()]


def test_a_table_that_is_gone_is_told_with_its_place(lake: Lake) -> None:
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_EMPTY
    assert error.message == (
        f"there is no Iceberg table at '{lake.prefix}/': no '.metadata.json' lies below "
        f"'{lake.prefix}/metadata/'; correct `source.table.prefix` or write the table"
    )


def _newest_metadata(lake: Lake) -> str:
    return max(key for key in lake.listed("metadata/") if key.endswith(".metadata.json"))


@pytest.mark.parametrize("data", [b'{"format-version": 2, "table-uu', b"\xff\xfe", b"[]", b"{}"])
def test_metadata_that_is_broken_is_told(lake: Lake, catalog: Catalog, data: bytes) -> None:
    create(lake, catalog, ids().schema)
    key = _newest_metadata(lake)
    lake.put(key, data)
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert f"has metadata at 's3://{BUCKET}/{key}' that cannot be read" in error.message


def test_two_metadata_files_of_one_number_are_told(lake: Lake, catalog: Catalog) -> None:
    create(lake, catalog, ids().schema)
    key = _newest_metadata(lake)
    other = f"{lake.prefix}/metadata/00000-00000000-0000-0000-0000-000000000000.metadata.json"
    lake.put(other, lake.get(key))
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert "has 2 metadata files of the number 0" in error.message
    assert key in error.message
    assert other in error.message


@pytest.mark.parametrize("ending", [".avro", ".parquet"])
def test_a_file_that_is_gone_is_worth_another_attempt(
    lake: Lake, catalog: Catalog, ending: str
) -> None:
    create(lake, catalog, ids().schema).append(ids(1))
    for key in lake.listed():
        if key.endswith(ending):
            lake.remove(key)
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNAVAILABLE
    assert "which is not there" in error.message


@pytest.mark.parametrize("ending", [".avro", ".parquet"])
def test_a_file_that_is_cut_short_is_told(lake: Lake, catalog: Catalog, ending: str) -> None:
    table = create(lake, catalog, ids().schema)
    table.append(ids(1))
    for key in lake.listed():
        if key.endswith(ending):
            lake.put(key, lake.get(key)[:-9])
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    (snapshot,) = table.snapshots()
    assert f"has a snapshot {snapshot.snapshot_id} that cannot be read" in error.message


@pytest.mark.parametrize("place", ["s3://elsewhere/list.avro", "file:///etc/passwd", "/etc/passwd"])
def test_metadata_that_names_files_elsewhere_is_refused(
    lake: Lake, catalog: Catalog, place: str
) -> None:
    create(lake, catalog, ids().schema).append(ids(1))
    key = _newest_metadata(lake)
    told = json.loads(lake.get(key))
    told["snapshots"][0]["manifest-list"] = place
    lake.put(key, json.dumps(told).encode())
    error = failure_of(lake)
    assert error.reason is FailureReason.SOURCE_FORBIDDEN
    assert "outside of its bucket" in error.message


def test_properties_of_the_table_choose_no_class_and_no_host(lake: Lake, catalog: Catalog) -> None:
    create(lake, catalog, ids().schema).append(ids(1))
    key = _newest_metadata(lake)
    told = json.loads(lake.get(key))
    told["properties"] |= {"py-io-impl": "os.path.join", "s3.endpoint": "http://169.254.169.254"}
    lake.put(key, json.dumps(told).encode())
    assert rows_of(lake) == [{"id": 1}]
