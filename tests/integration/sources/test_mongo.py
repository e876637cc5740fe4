"""Collections in a real server of MongoDB's protocol: FerretDB, which keeps them in SQLite."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bson import Int64, ObjectId
from pymongo.collection import Collection
from tests.integration.sources.mongo_fixtures import (
    Recorder,
    connector,
    landed,
    numbered,
    orders,
    server,
)
from tests.servers.ferretdb import FerretDb
from tests.servers.ports import free_ports

__all__ = ["orders", "server"]

FIRST = ObjectId("650000000000000000000001")


def test_documents_land_as_rows_with_their_types(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    moment = datetime(2026, 1, 31, 6, 30, 0, 123000, tzinfo=UTC)
    orders.insert_many(
        [
            {
                "_id": FIRST,
                "number": Int64(2**53 + 1),
                "price": 1.5,
                "late": True,
                "at": moment,
                "raw": b"\x00\xff",
                "place": {"city": "Köln", "point": {"x": 1, "y": 2.5}},
                "tags": ["a", {"at": moment, "by": FIRST}],
                "mixed": 1,
                "nothing": None,
            },
            {"_id": ObjectId("650000000000000000000002"), "mixed": "x", "place": {"zip": "50667"}},
        ]
    )
    source = connector(server, orders, tmp_path)
    rows = landed(source, source.look({}), tmp_path)
    source.close()

    first = {
        "_id": str(FIRST),
        "number": 2**53 + 1,
        "price": 1.5,
        "late": True,
        "at": moment,
        "raw": b"\x00\xff",
        "place.city": "Köln",
        "place.point.x": 1,
        "place.point.y": 2.5,
        "tags": f'["a",{{"at":"2026-01-31T06:30:00.123Z","by":"{FIRST}"}}]',
        "mixed": "1",
        "nothing": None,
        "place.zip": None,
    }
    second = {"_id": "650000000000000000000002", "mixed": "x", "place.zip": "50667"}
    assert rows == [first, {**dict.fromkeys(first), **second}]
    schema = pq.read_schema(tmp_path / "landed")
    assert schema.names == list(first)
    assert schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert schema.field("nothing").type == pa.null()


def test_without_a_cursor_all_documents_are_read_in_order_of_their_ids(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    orders.insert_many(numbered(3, 1, 2))
    source = connector(server, orders, tmp_path)
    looks = source.look({}), source.look({})
    assert landed(source, looks[0], tmp_path) == numbered(1, 2, 3)
    source.close()
    assert [(look.fingerprint, look.position, look.new_rows) for look in looks] == [
        (None, {}, None)
    ] * 2
    # Other marks make the collection read the documents each time.
    assert looks[0].pieces[0].mark != looks[1].pieces[0].mark


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        [1.5, 2.5, 3.5],
        ["a", "b", "ü" * 200],
        [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)],
        [ObjectId(f"65000000000000000000000{number}") for number in (1, 2, 3)],
        [Int64(2**53 + number) for number in (1, 2, 3)],
    ],
    ids=["int", "double", "string", "date", "ObjectId", "long"],
)
def test_with_a_cursor_only_what_came_after_the_last_look_is_read(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path, values: list[Any]
) -> None:
    source = connector(server, orders, tmp_path, cursor={"column": "meta.seq"})
    documents = [{"_id": -at, "meta": {"seq": value}} for at, value in enumerate(values)]
    orders.insert_many(documents[:2])
    first = source.look({})
    again = source.look(first.position)
    orders.insert_one(documents[2])
    second = source.look(first.position)

    assert [row["_id"] for row in landed(source, first, tmp_path)] == [0, -1]
    assert [row["_id"] for row in landed(source, second, tmp_path)] == [-2]
    source.close()
    assert (first.new_rows, again.new_rows, second.new_rows) == (2, 0, 1)
    assert (again.pieces, again.position) == ((), first.position)
    assert again.fingerprint == first.fingerprint != second.fingerprint
    assert first.pieces[0].key != second.pieces[0].key


def test_a_piece_keeps_its_end_although_documents_come_meanwhile(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    orders.insert_many(numbered(1, 2))
    source = connector(server, orders, tmp_path, cursor={"column": "_id"})
    look = source.look({})
    orders.insert_many(numbered(3))
    assert landed(source, look, tmp_path) == numbered(1, 2)
    source.close()
    assert look.pieces[0].key == "_id after the start up to 2"


def test_a_filter_in_extended_json_chooses_documents(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    orders.insert_many([{"_id": day, "at": start + timedelta(days=day)} for day in range(4)])
    wanted = {"at": {"$gte": {"$date": "2026-01-02T00:00:00Z"}}, "_id": {"$ne": 3}}
    source = connector(server, orders, tmp_path, filter=wanted, cursor={"column": "_id"})
    look = source.look({})
    assert [row["_id"] for row in landed(source, look, tmp_path)] == [1, 2]
    source.close()
    assert look.new_rows == 2


def test_a_collection_of_more_than_one_batch_lands_whole(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    orders.insert_many(numbered(*range(2500)))
    source = connector(server, orders, tmp_path, cursor={"column": "_id"})
    assert landed(source, source.look({}), tmp_path) == numbered(*range(2500))
    source.close()


def test_an_empty_collection_has_no_piece_with_a_cursor_and_one_without_rows_without(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    orders.insert_one({"_id": 1})
    orders.delete_many({})
    with closing(connector(server, orders, tmp_path, cursor={"column": "_id"})) as source:
        look = source.look({})
        assert (look.pieces, look.position, look.new_rows) == ((), {}, 0)
    with closing(connector(server, orders, tmp_path)) as source:
        assert landed(source, source.look({}), tmp_path) == []


def test_the_guard_is_asked_and_its_address_is_connected_to(
    server: FerretDb, orders: Collection[dict[str, Any]], tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    guard = Recorder()
    servers = [f"mongo.shop.example:{server.port}"]
    with closing(connector(server, orders, tmp_path, guard=guard, servers=servers)) as source:
        assert landed(source, source.look({}), tmp_path) == numbered(1)
    assert guard.asked == [("mongo.shop.example", server.port)]


def test_of_several_servers_the_first_that_answers_is_read(
    server: FerretDb,
    orders: Collection[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tidewheel_trainer.sources.mongo_server._CONNECT_MILLISECONDS", 500)
    orders.insert_many(numbered(1))
    servers = [f"127.0.0.1:{free_ports(1)[0]}", server.address]
    with closing(connector(server, orders, tmp_path, servers=servers)) as source:
        assert landed(source, source.look({}), tmp_path) == numbered(1)
