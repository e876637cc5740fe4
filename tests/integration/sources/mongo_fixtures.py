"""FerretDB with collections that tests fill, and connectors that read them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.collection import Collection
from tests.servers import ferretdb
from tests.servers.ferretdb import FerretDb

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_databases import MongoSource
from tidewheel_trainer.egress.guard import Guard, Unguarded
from tidewheel_trainer.s3_store import S3Store
from tidewheel_trainer.sources import mongo, retrying
from tidewheel_trainer.sources.connector import Context, Look
from tidewheel_trainer.sources.mongo import MongoConnector

LOGIN = {"username": "reader", "password": "not-a-secret"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FerretDb]:
    with ferretdb.running(tmp_path_factory.mktemp("ferretdb"), *LOGIN.values()) as running:
        yield running


@pytest.fixture
def orders(server: FerretDb) -> Iterator[Collection[dict[str, Any]]]:
    """Return a collection that the test fills, alone in its database."""
    database = f"shop{ObjectId()}"
    with closing(client(server)) as connection:
        yield connection[database]["orders"]
        connection.drop_database(database)


@dataclass
class Recorder:
    """Lets all pass, and remembers what was asked about."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    def address_of(self, host: str, port: int) -> str:
        self.asked.append((host, port))
        return "127.0.0.1"


def client(server: FerretDb) -> MongoClient[dict[str, Any]]:
    return MongoClient("127.0.0.1", server.port, directConnection=True, **LOGIN)


def connector(
    server: FerretDb,
    orders: Collection[dict[str, Any]],
    folder: Path,
    *,
    guard: Guard | None = None,
    credentials: dict[str, str] = LOGIN,
    **source: Any,
) -> MongoConnector:
    given = {
        "servers": [server.address],
        "database": orders.database.name,
        "collection": orders.name,
        "secret_name": "mongo-login",
        "tls": "Disabled",
        **source,
    }
    spec = ArtifactStoreSpec(endpoint="http://127.0.0.1:9", bucket="store", secret_name="keys")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    context = Context(
        store=S3Store(spec, keys, attempts=1),
        store_spec=spec,
        credentials=credentials,
        guard=guard or Unguarded(),
        scratch=folder,
    )
    return MongoConnector(MongoSource.model_validate(given), context)


def landed(source: MongoConnector, look: Look, folder: Path) -> list[dict[str, Any]]:
    (piece,) = look.pieces
    source.land(piece, folder / "landed")
    rows: list[dict[str, Any]] = pq.read_table(folder / "landed").to_pylist()
    return rows


def numbered(*numbers: int) -> list[dict[str, Any]]:
    return [{"_id": number, "late": number % 2 == 0} for number in numbers]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up at once what would be tried again for two minutes."""

    def once(ask: Any) -> Any:
        return retrying.with_retries(ask, deadline_seconds=0)

    monkeypatch.setattr(mongo, "with_retries", once)
