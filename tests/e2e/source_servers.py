"""A real server for each example of a source that is not the bucket, filled with flights.

Who may log in, and where, is what the examples say.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import nats
import pandas as pd
import pyarrow as pa
import zstandard
from aiokafka import AIOKafkaProducer
from pyiceberg.catalog.memory import InMemoryCatalog
from pymongo import MongoClient
from tests.e2e.flights import flights
from tests.servers import ferretdb, mariadb, minio, postgresql, seaweedfs
from tests.servers.kafka import KafkaServer
from tests.servers.misbehaving_http import Reply, Request, misbehaving_http
from tests.servers.nats import NatsServer
from tests.servers.started import started

from tidewheel_dev.demo.bucket import open_bucket

__all__ = ["EXAMPLES", "Example"]

_WORD = "replace-me"
_TYPES = "flight_id bigint, scheduled_departure timestamp, late boolean, distance double precision"


class Run(Protocol):
    """Runs a filled server in a folder and gives its port."""

    def __call__(self, folder: Path) -> AbstractContextManager[int]: ...


@dataclass(frozen=True, slots=True)
class Example:
    """An example's file, its Dataset, the address that it names, and the server behind that."""

    file: str
    dataset: str
    address: str
    run: Run


def _records() -> list[dict[str, Any]]:
    """Return the flights as JSON holds them."""
    table = flights().assign(flight_id=range(1, len(flights()) + 1))
    records: list[dict[str, Any]] = json.loads(
        table.to_json(orient="records", date_format="iso", date_unit="s")
    )
    return records


def _values(*, true: str, false: str) -> str:
    """Return the flights as SQL does."""
    return ", ".join(
        f"({record['flight_id']}, '{record['scheduled_departure'][:19].replace('T', ' ')}', "
        f"{true if record['late'] else false}, {record['distance']})"
        for record in _records()
    )


@contextmanager
def _postgresql(folder: Path) -> Iterator[int]:
    with postgresql.running(folder, tls=False) as server:
        server.execute(
            f"CREATE ROLE \"{_WORD}\" LOGIN PASSWORD '{_WORD}'", "CREATE DATABASE airline"
        )
        server.execute(
            f"CREATE TABLE flights ({_TYPES})",
            f"INSERT INTO flights VALUES {_values(true='true', false='false')}",  # noqa: S608  ours
            f'GRANT SELECT ON flights TO "{_WORD}"',
            database="airline",
        )
        yield server.port


@contextmanager
def _mariadb(folder: Path) -> Iterator[int]:
    with mariadb.running(folder, tls=False) as server:
        user = f"'{_WORD}'@'127.0.0.1'"
        server.execute(
            "CREATE DATABASE airline",
            f"CREATE TABLE airline.flights ({_TYPES})",
            f"INSERT INTO airline.flights VALUES {_values(true='1', false='0')}",  # noqa: S608  ours
            f"CREATE USER {user} IDENTIFIED BY '{_WORD}'",
            f"GRANT SELECT ON airline.* TO {user}",
        )
        yield server.port


@contextmanager
def _mongo(folder: Path) -> Iterator[int]:
    with ferretdb.running(folder, _WORD, _WORD) as server:
        login = {"username": _WORD, "password": _WORD}
        with closing(
            MongoClient[dict[str, Any]]("127.0.0.1", server.port, directConnection=True, **login)
        ) as client:
            client["airline"]["flights"].insert_many(
                {
                    "origin": {"airport": "JFK"},
                    "distance": record["distance"],
                    "scheduled_departure": pd.Timestamp(record["scheduled_departure"]),
                    "late": record["late"],
                    "cancelled": cancelled,
                }
                for cancelled in (False, True)
                for record in _records()
            )
        yield server.port


@contextmanager
def _http(folder: Path) -> Iterator[int]:
    """Give the flights in pages of 200, to those who know the token."""
    records = [{**record, "id": record["flight_id"]} for record in _records()]

    def page(request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {_WORD}":
            return Reply("who are you?", 401)
        path, _, first = request.path.partition("&first=")
        start = int(first or 0)
        following = f"{path}&first={start + 200}" if start + 200 < len(records) else None
        answer = {
            "data": {"flights": records[start : start + 200]},
            "links": {"next": following},
        }
        return Reply(json.dumps(answer), headers={"Content-Type": "application/json"})

    with misbehaving_http() as server:
        server.script = page
        yield server.port


@contextmanager
def _kafka(folder: Path) -> Iterator[int]:
    with started(KafkaServer(folder, _WORD, _WORD, advertised="kafka:9092")) as server:
        asyncio.run(_produce(server.address))
        yield server.login_port


async def _produce(address: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        for record in _records():
            await producer.send("flights", json.dumps(record).encode())


@contextmanager
def _nats(folder: Path) -> Iterator[int]:
    with started(NatsServer(folder, _WORD, _WORD)) as server:
        asyncio.run(_publish(server.address))
        yield server.port


async def _publish(address: str) -> None:
    client = await nats.connect(address, user=_WORD, password=_WORD)
    stream = client.jetstream()
    await stream.add_stream(name="FLIGHTS", subjects=["flights.>"])
    for record in _records():
        await stream.publish("flights.landed.JFK", json.dumps(record).encode())
        await stream.publish("flights.cancelled.JFK", b"not a flight")
    await client.close()


@contextmanager
def _iceberg(folder: Path) -> Iterator[int]:
    with seaweedfs.running(folder, [(_WORD, _WORD)]) as store:
        bucket = open_bucket(store.endpoint, "lake", _WORD, _WORD)
        bucket.client.create_bucket(Bucket="lake")
        properties = {
            "s3.endpoint": store.endpoint,
            "s3.access-key-id": _WORD,
            "s3.secret-access-key": _WORD,
            "s3.region": "us-east-1",
        }
        table = pa.Table.from_pandas(flights(), preserve_index=False)
        with closing(InMemoryCatalog("e2e", warehouse="s3://lake/warehouse", **properties)) as made:
            made.create_namespace("ns")
            location = "s3://lake/warehouse/flights"
            made.create_table("ns.flights", table.schema, location=location).append(table)
        yield _port(store.endpoint)


@contextmanager
def _minio(folder: Path) -> Iterator[int]:
    keys = ("reader", "only-for-trying-out")
    with minio.running(folder, *keys) as endpoint:
        bucket = open_bucket(endpoint, "deliveries", *keys)
        bucket.client.create_bucket(Bucket="deliveries")
        for number in (0, 1):
            lines = "".join(f"{json.dumps(record)}\n" for record in _records()[number::2])
            data = zstandard.compress(lines.encode())
            bucket.put(f"flights/2026/{number}.jsonl.zst", data)
        yield _port(endpoint)


def _port(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


EXAMPLES = (
    Example("sql-postgresql", "flights-postgresql", "postgresql:5432", _postgresql),
    Example("sql-mysql", "flights-mysql", "mariadb:3306", _mariadb),
    Example("mongo", "flights-mongo", "mongo:27017", _mongo),
    Example("http", "flights-http", "flights-api:80", _http),
    Example("stream-kafka", "flights-kafka", "kafka:9092", _kafka),
    Example("stream-nats", "flights-nats", "nats:4222", _nats),
    Example("table-iceberg", "flights-iceberg", "lake:8333", _iceberg),
    Example("s3-other-bucket", "deliveries", "minio.delivery:9000", _minio),
)
