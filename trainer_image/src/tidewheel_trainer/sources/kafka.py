"""Messages of a Kafka topic, read from offsets of our own: no group, and nothing is committed."""

import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition, errors

from tidewheel_contracts.api.v1alpha1.source_common import Tls
from tidewheel_contracts.api.v1alpha1.source_streams import KafkaSource, SaslMechanism
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.kafka_contact import REFUSALS, Topic, contact, refused
from tidewheel_trainer.sources.retrying import AwayError, with_retries
from tidewheel_trainer.sources.stream_loop import StreamRunner, tls_context
from tidewheel_trainer.sources.stream_messages import Message
from tidewheel_trainer.sources.stream_ranges import Extent, Range

__all__ = ["KafkaLog"]

_MECHANISMS = {
    SaslMechanism.PLAIN: "PLAIN",
    SaslMechanism.SCRAM_SHA_256: "SCRAM-SHA-256",
    SaslMechanism.SCRAM_SHA_512: "SCRAM-SHA-512",
}
_REQUEST_MILLISECONDS = 10_000
_ASK_SECONDS = 30.0
_POLL_MILLISECONDS = 1_000
_BATCH_ROWS = 2_000
# A broker that has nothing before the range's end is asked again, to be sure.
_EMPTY_ANSWERS = 3
Answer = TypeVar("Answer")


class KafkaLog:
    """A topic at its brokers."""

    def __init__(self, source: KafkaSource, context: Context, deadline_seconds: float) -> None:
        """Keep what is needed to connect.

        Raises:
            TrainerError: SourceRefused, when the Secret lacks a key.
        """
        self._source = source
        self._options = _options(source, context)
        self._deadline_seconds = deadline_seconds
        self._runner = StreamRunner(context.guard)
        self._consumer: AIOKafkaConsumer | None = None
        # What the consumer reads by now.
        self._reading: TopicPartition | None = None
        self._servers = ", ".join(source.servers)
        self._what = f"Kafka at {self._servers}"
        self.name = f"topic {source.topic!r}"
        # Other brokers of the same cluster are the same source.
        self.identity: tuple[str, ...] = ("kafka", source.topic)

    def extents(self) -> tuple[str, tuple[Extent, ...]]:
        """Return the topic's id, and the offsets that each partition holds."""
        return self._insist(self._extents)

    def read(self, part: Range, notes: list[str]) -> Iterator[Sequence[Message]]:
        """Give the committed messages of a range."""
        partition = TopicPartition(self._source.topic, int(part.partition))
        offset = part.start
        while offset < part.stop:
            records, after = self._batch(partition, offset, part.stop, notes)
            kept = [record for record in records if record.offset < part.stop]
            if kept:
                yield [_message(record) for record in kept]
            offset = after

    def close(self) -> None:
        """Close connections and the loop."""
        try:
            self._runner.run(self._stop(), seconds=_ASK_SECONDS, what=self._what)
        except (AwayError, TrainerError):
            # What cannot say goodbye is closed with the loop.
            pass
        finally:
            self._runner.close()

    def _batch(
        self, partition: TopicPartition, offset: int, stop: int, notes: list[str]
    ) -> tuple[Sequence[ConsumerRecord], int]:
        return self._insist(lambda: self._fetch(partition, offset, stop, notes))

    def _insist(self, work: Callable[[], Coroutine[object, object, Answer]]) -> Answer:
        return with_retries(lambda: self._run(work()), deadline_seconds=self._deadline_seconds)

    def _run(self, work: Coroutine[object, object, Answer]) -> Answer:
        """Do something with the brokers; whatever fails, the next try connects anew."""
        try:
            return self._runner.run(self._attempt(work), seconds=_ASK_SECONDS, what=self._what)
        except REFUSALS as error:
            refused(self._servers, f"the user may not read {self.name}", error)
        except (OSError, errors.KafkaError, TimeoutError) as error:
            raise AwayError(f"{self._what} failed: {str(error) or type(error).__name__}") from error

    async def _attempt(self, work: Coroutine[object, object, Answer]) -> Answer:
        try:
            return await work
        except BaseException:
            await self._stop()
            raise

    async def _extents(self) -> tuple[str, tuple[Extent, ...]]:
        topic: Topic = await contact(self._source.servers, self._source.topic, self._options)
        consumer = await self._started()
        partitions = [TopicPartition(self._source.topic, number) for number in topic.partitions]
        # Offsets are told of what is assigned; nothing is to be fetched of it yet.
        self._reading = None
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        consumer.pause(*partitions)
        firsts = await consumer.beginning_offsets(partitions)
        # Only up to the first transaction that is still open: what follows is not committed.
        ends = await consumer.end_offsets(partitions)
        extents = tuple(Extent(str(at.partition), firsts[at], ends[at]) for at in partitions)
        return topic.incarnation, extents

    async def _fetch(
        self, partition: TopicPartition, offset: int, stop: int, notes: list[str]
    ) -> tuple[Sequence[ConsumerRecord], int]:
        """Return some messages from an offset on, and the offset after them."""
        consumer = await self._started()
        if self._reading != partition:
            consumer.assign([partition])
            consumer.seek(partition, offset)
            self._reading = partition
        elif await consumer.position(partition) != offset:
            consumer.seek(partition, offset)
        asked_at, empty = consumer.last_poll_timestamp(partition), 0
        deadline = time.monotonic() + _ASK_SECONDS / 2
        while time.monotonic() < deadline:
            try:
                found = await consumer.getmany(
                    partition, timeout_ms=_POLL_MILLISECONDS, max_records=_BATCH_ROWS
                )
            except errors.OffsetOutOfRangeError:
                return (), await self._after_deleted(consumer, partition, offset, stop, notes)
            after = await consumer.position(partition)
            if found or after > offset:
                return found.get(partition, ()), after
            answered_at = consumer.last_poll_timestamp(partition)
            if answered_at != asked_at and consumer.last_stable_offset(partition) >= stop:
                asked_at, empty = answered_at, empty + 1
            if empty >= _EMPTY_ANSWERS:
                # Compaction may leave nothing between here and the end.
                return (), stop
        raise AwayError(f"{self._what} gives no messages of {self.name}")

    async def _after_deleted(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        offset: int,
        stop: int,
        notes: list[str],
    ) -> int:
        first: int = (await consumer.beginning_offsets([partition]))[partition]
        if first <= offset:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"{self.name} lost messages while it was read: partition {partition.partition} "
                f"ends before offset {offset} now; the next collection looks anew",
            )
        after = min(first, stop)
        notes.append(
            f"up to {after - offset} messages of partition {partition.partition} of {self.name} "
            f"(offsets {offset} to {after - 1}) were deleted while they were read"
        )
        return after

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            # A topic that is not there says so, instead of being created by asking.
            await contact(self._source.servers, self._source.topic, self._options)
            self._reading = None
            self._consumer = AIOKafkaConsumer(
                bootstrap_servers=list(self._source.servers),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level="read_committed",
                # What we ask for is there: nothing to wait for.
                fetch_max_wait_ms=50,
                fetch_max_bytes=16 << 20,
                max_partition_fetch_bytes=4 << 20,
                **self._options,
            )
            await self._consumer.start()
        return self._consumer

    async def _stop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()


def _options(source: KafkaSource, context: Context) -> dict[str, Any]:
    encrypted = source.tls is not Tls.DISABLED
    options: dict[str, Any] = {
        "client_id": "tidewheel",
        "request_timeout_ms": _REQUEST_MILLISECONDS,
        "ssl_context": tls_context(source.tls, context.credentials),
        "security_protocol": "SSL" if encrypted else "PLAINTEXT",
    }
    if source.secret_name is None or set(context.credentials) == {"ca.crt"}:
        return options
    for key in ("username", "password"):
        if not context.credentials.get(key):
            raise TrainerError(
                FailureReason.SOURCE_REFUSED,
                f"the Secret {source.secret_name!r} of the Kafka source lacks the key {key!r}; "
                "add it",
            )
    return options | {
        "security_protocol": "SASL_SSL" if encrypted else "SASL_PLAINTEXT",
        "sasl_mechanism": _MECHANISMS[source.mechanism],
        "sasl_plain_username": context.credentials["username"],
        "sasl_plain_password": context.credentials["password"],
    }


def _message(record: ConsumerRecord) -> Message:
    # A broker writes -1 where a message has no time.
    microseconds = record.timestamp * 1000 if record.timestamp >= 0 else None
    return Message(
        f"offset {record.offset} of partition {record.partition}", record.value, microseconds
    )
