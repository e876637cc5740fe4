"""What goes wrong with collections, against a real server of MongoDB's protocol."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from tests.integration.sources.mongo_fixtures import (
    LOGIN,
    client,
    connector,
    impatient,
    landed,
    numbered,
    orders,
    server,
)
from tests.servers import ferretdb
from tests.servers.ferretdb import FerretDb
from tests.servers.ports import free_ports

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources import document_spool, mongo, mongo_server
from tidewheel_trainer.sources.documents import Columns
from tidewheel_trainer.sources.mongo import MongoConnector

__all__ = ["impatient", "orders", "server"]

Orders = Collection[dict[str, Any]]


def failure_of(source: MongoConnector, folder: Path) -> TrainerError:
    """Return how a look and the landing after it fail."""
    with closing(source), pytest.raises(TrainerError) as caught:
        landed(source, source.look({}), folder)
    return caught.value


def test_a_server_that_is_away_is_told_with_its_address(
    server: FerretDb,
    orders: Orders,
    tmp_path: Path,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mongo_server, "_CONNECT_MILLISECONDS", 300)
    address = f"127.0.0.1:{free_ports(1)[0]}"
    error = failure_of(connector(server, orders, tmp_path, servers=[address]), tmp_path)
    assert error.reason is FailureReason.SOURCE_UNAVAILABLE
    assert error.message.startswith(f"no server of {address} answers ({address}: [Errno 111]")


def test_a_server_that_was_started_again_is_connected_to_anew(tmp_path: Path) -> None:
    with ferretdb.running(tmp_path / "ferretdb", *LOGIN.values()) as own:
        with closing(client(own)) as writer:
            collection = writer["shop"]["orders"]
            collection.insert_many(numbered(1, 2))
        source = connector(own, collection, tmp_path)
        with closing(source):
            look = source.look({})
            own.stop()
            own.start()
            assert landed(source, look, tmp_path) == numbered(1, 2)


@pytest.mark.parametrize(
    "credentials",
    [{**LOGIN, "password": "wrong"}, {**LOGIN, "username": "nobody"}, {}],
    ids=["wrong password", "unknown user", "no login"],
)
def test_a_login_that_is_refused_is_told_at_once(
    server: FerretDb, orders: Orders, tmp_path: Path, credentials: dict[str, str]
) -> None:
    orders.insert_many(numbered(1))
    error = failure_of(connector(server, orders, tmp_path, credentials=credentials), tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert error.message.startswith(f"the server at {server.address} refuses Secret 'mongo-login'")
    assert "wrong" not in error.message
    assert LOGIN["password"] not in error.message


def test_a_user_of_another_database_logs_in_there(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    other = {"username": "shopkeeper", "password": "also-no-secret"}
    roles: list[Any] = []
    orders.database.command("createUser", "shopkeeper", pwd=other["password"], roles=roles)
    there = {**other, "authSource": orders.database.name}
    with closing(connector(server, orders, tmp_path, credentials=there)) as source:
        assert landed(source, source.look({}), tmp_path) == numbered(1)
    error = failure_of(connector(server, orders, tmp_path, credentials=other), tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED


def test_a_login_that_is_taken_away_midway_is_told(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    roles: list[Any] = []
    orders.database.command("createUser", "leaver", pwd="soon-gone", roles=roles)
    login = {
        "username": "leaver",
        "password": "soon-gone",
        "authSource": orders.database.name,
    }
    source = connector(server, orders, tmp_path, credentials=login)
    look = source.look({})
    orders.database.command("dropUser", "leaver")
    # Connections end sooner or later; the next one is refused.
    source.close()
    with closing(source), pytest.raises(TrainerError) as caught:
        landed(source, look, tmp_path)
    assert caught.value.reason is FailureReason.SOURCE_REFUSED


def test_a_secret_without_a_password_is_told_by_the_missing_key(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    source = connector(server, orders, tmp_path, credentials={"username": "reader"})
    error = failure_of(source, tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert error.message == "Secret 'mongo-login' must have the key 'password'"


def test_a_collection_that_is_not_there_is_told(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    error = failure_of(connector(server, orders, tmp_path), tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert error.message == (
        f"the collection '{orders.database.name}.orders' is not there; correct "
        "`source.mongo.database` and `collection`, or make it"
    )


def test_a_collection_that_is_dropped_between_batches_gives_no_half_of_its_documents(
    server: FerretDb, orders: Orders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dropping(documents: Iterable[RawBSONDocument], file: Path) -> Columns:
        def watched() -> Iterable[RawBSONDocument]:
            for number, document in enumerate(documents):
                if number == 10:
                    orders.database.client.drop_database(orders.database.name)
                yield document

        return document_spool.spool(watched(), file)

    monkeypatch.setattr(mongo, "spool", dropping)
    monkeypatch.setattr(mongo, "_DOCUMENTS_AT_A_TIME", 4)
    orders.insert_many(numbered(*range(100)))
    error = failure_of(connector(server, orders, tmp_path), tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert "is not there" in error.message
    assert not (tmp_path / "landed").exists()


@pytest.mark.parametrize(
    ("documents", "fault"),
    [
        ([{"seq": 1}, {"seq": "a"}], "has values of several kinds, number and string among them"),
        ([{"seq": 1}, {}], "has no value in some documents"),
        ([{"seq": 1}, {"seq": None}], "has no value in some documents"),
        ([{"seq": True}], "has a value that is a bool, which does not grow"),
    ],
    ids=["kinds", "absent", "null", "bool"],
)
def test_a_cursor_that_would_miss_documents_is_refused(
    server: FerretDb,
    orders: Orders,
    tmp_path: Path,
    documents: list[dict[str, Any]],
    fault: str,
) -> None:
    orders.insert_many(documents)
    error = failure_of(connector(server, orders, tmp_path, cursor={"column": "seq"}), tmp_path)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert error.message.startswith(f"the cursor column 'seq' {fault}")


def test_a_filter_that_the_server_does_not_know_is_told_with_its_words(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    source = connector(server, orders, tmp_path, filter={"_id": {"$nope": 1}})
    error = failure_of(source, tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert "refuses the query (unknown operator: $nope" in error.message
    assert "`source.mongo.filter`" in error.message


def test_a_filter_that_is_no_extended_json_is_told(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    with pytest.raises(TrainerError, match="is not extended JSON of MongoDB") as caught:
        connector(server, orders, tmp_path, filter={"_id": {"$oid": "short"}})
    assert caught.value.reason is FailureReason.SOURCE_REFUSED


def test_columns_that_differ_in_case_only_are_refused(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many([{"late": 1}, {"Late": 1}])
    error = failure_of(connector(server, orders, tmp_path), tmp_path)
    assert error.reason is FailureReason.SOURCE_UNREADABLE
    assert "columns named 'late' and 'Late', which differ in case only" in error.message


def test_a_server_that_may_not_be_connected_to_is_not(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    class Refusing:
        def address_of(self, host: str, port: int) -> str:
            raise TrainerError(FailureReason.SOURCE_FORBIDDEN, f"never {host}:{port}")

    error = failure_of(connector(server, orders, tmp_path, guard=Refusing()), tmp_path)
    assert (error.reason, error.message) == (
        FailureReason.SOURCE_FORBIDDEN,
        f"never {server.address}",
    )


def test_a_server_that_proves_its_name_is_read(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    tls = {"servers": [f"localhost:{server.ports[1]}"], "tls": "Verified"}
    login = {**LOGIN, "ca.crt": server.authority}
    with closing(connector(server, orders, tmp_path, credentials=login, **tls)) as source:
        assert landed(source, source.look({}), tmp_path) == numbered(1)


def test_encryption_alone_asks_for_no_name(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    orders.insert_many(numbered(1))
    tls = {"servers": [f"127.0.0.1:{server.ports[1]}"], "tls": "Encrypted"}
    with closing(connector(server, orders, tmp_path, **tls)) as source:
        assert landed(source, source.look({}), tmp_path) == numbered(1)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_proves_nothing_is_refused(
    server: FerretDb,
    orders: Orders,
    tmp_path: Path,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mongo_server, "_CONNECT_MILLISECONDS", 1000)
    # Of the name 'localhost' nobody who is trusted says anything; 127.0.0.1 is another name.
    login = LOGIN if host == "localhost" else {**LOGIN, "ca.crt": server.authority}
    tls = {"servers": [f"{host}:{server.ports[1]}"], "tls": "Verified"}
    error = failure_of(connector(server, orders, tmp_path, credentials=login, **tls), tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert error.message.startswith(f"the server's certificate at {host}:{server.ports[1]} is not")


def test_an_authority_that_is_no_certificate_is_told(
    server: FerretDb, orders: Orders, tmp_path: Path
) -> None:
    login = {**LOGIN, "ca.crt": "nothing"}
    source = connector(server, orders, tmp_path, credentials=login, tls="Verified")
    error = failure_of(source, tmp_path)
    assert error.reason is FailureReason.SOURCE_REFUSED
    assert error.message.startswith(
        "the key 'ca.crt' of Secret 'mongo-login' is not a certificate in PEM"
    )
