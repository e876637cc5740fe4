"""Brokers of Kafka and NATS, what tests do with them, and how they read."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from tests.servers.kafka import KafkaServer
from tests.servers.nats import NatsServer
from tests.servers.started import started

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.source_streams import StreamSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.guard import Guard, Unguarded
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context, Look
from tidewheel_trainer.sources.stream import StreamConnector, open_stream
from tidewheel_trainer.store import Store

__all__ = [
    "Broker",
    "failure_of",
    "kafka_broker",
    "nats_server",
    "opened",
    "rows_of",
    "run",
]

Answer = TypeVar("Answer")
Records = Sequence[tuple[int, bytes | None]]


class Broker:
    """A Kafka broker and what its operators and producers do."""

    def __init__(self, server: KafkaServer) -> None:
        self.server = server

    def create(self, topic: str, partitions: int = 1, **settings: str) -> None:
        """Create a topic."""
        new = NewTopic(topic, partitions, 1, topic_configs=_dotted(settings))
        answer = self._administer(lambda admin: admin.create_topics([new]))
        assert [error for _, error, _ in answer.topic_errors] == [0]

    def delete(self, topic: str) -> None:
        """Delete a topic."""
        self._administer(lambda admin: admin.delete_topics([topic]))

    def topics(self) -> set[str]:
        """Return the names of all topics."""
        return set(self._administer(lambda admin: admin.list_topics()))

    def delete_before(self, topic: str, partition: int, offset: int) -> None:
        """Delete the messages before an offset, as retention does."""
        asked = {TopicPartition(topic, partition): RecordsToDelete(offset)}
        self._administer(lambda admin: admin.delete_records(asked))

    def put(self, topic: str, records: Records, key: bytes | None = None) -> None:
        """Write messages, each to its partition."""
        run(self._put(topic, records, key))

    def put_in_transaction(self, topic: str, records: Records, end: str) -> None:
        """Write messages in a transaction that is committed, aborted or left open."""
        run(self._put_in_transaction(topic, records, end))

    def _administer(self, work: Any) -> Any:
        async def administered() -> Any:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.server.address)
            await admin.start()
            try:
                return await work(admin)
            finally:
                await admin.close()

        return run(administered())

    async def _put(self, topic: str, records: Records, key: bytes | None) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.server.address)
        await producer.start()
        try:
            sent = [
                await producer.send(topic, value, key=key, partition=partition)
                for partition, value in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def _put_in_transaction(self, topic: str, records: Records, end: str) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.server.address, transactional_id=f"{topic}-{end}"
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            for partition, value in records:
                await producer.send_and_wait(topic, value, partition=partition)
            if end == "commit":
                await producer.commit_transaction()
            elif end == "abort":
                await producer.abort_transaction()
        finally:
            await producer.stop()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Run one broker for all tests."""
    with started(KafkaServer(tmp_path_factory.mktemp("kafka"))) as server:
        yield Broker(server)


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """Run one server for all tests."""
    folder = tmp_path_factory.mktemp("nats")
    with started(NatsServer(folder, "reader", "only-for-tests")) as server:
        yield server


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run something of a client to its end."""
    return asyncio.run(work)


def opened(
    source: Mapping[str, Any],
    scratch: Path,
    *,
    credentials: Mapping[str, str] | None = None,
    guard: Guard | None = None,
    deadline_seconds: float = 60,
) -> StreamConnector:
    """Open a source as a collection does."""
    context = Context(
        store=Store.__new__(Store),
        store_spec=ArtifactStoreSpec.model_construct(),
        credentials=credentials or {},
        guard=guard or Unguarded(),
        scratch=scratch,
    )
    connector = open_stream(StreamSource.model_validate(source), context, deadline_seconds)
    assert isinstance(connector, StreamConnector)
    return connector


def rows_of(connector: StreamConnector, look: Look, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the one piece of a look."""
    (piece,) = look.pieces
    target = folder / "piece.parquet"
    connector.land(piece, target)
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return rows


def failure_of(refused: pytest.ExceptionInfo[TrainerError]) -> tuple[FailureReason, str]:
    """Return what a person reads of a failure."""
    return refused.value.reason, refused.value.message


def _dotted(settings: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "."): value for name, value in settings.items()}
