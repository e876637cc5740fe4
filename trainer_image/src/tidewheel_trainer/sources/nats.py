"""Messages of a NATS JetStream stream, read by sequence; nothing is acknowledged or left behind."""

import datetime as dt
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tidewheel_contracts.api.v1alpha1.source_streams import NatsSource
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context
from tidewheel_trainer.sources.nats_contact import closed, connected, refused
from tidewheel_trainer.sources.retrying import AwayError, with_retries
from tidewheel_trainer.sources.stream_loop import StreamRunner
from tidewheel_trainer.sources.stream_messages import Message
from tidewheel_trainer.sources.stream_ranges import Extent, Range

__all__ = ["NatsLog"]

# The one partition of a stream.
_PARTITION = "sequence"
_ASK_SECONDS = 30.0
_FETCH_SECONDS = 5.0
# The server forgets a consumer that asked for nothing for so long, should we die.
_FORGET_SECONDS = 60.0
_FIRST_BATCH = 16
_LARGEST_BATCH = 2_000
_BATCH_BYTES = 8 << 20
Answer = TypeVar("Answer")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WRONG_USE = (nats.js.errors.BadRequestError, nats.js.errors.NotFoundError)


class NatsLog:
    """A stream at its servers."""

    def __init__(self, source: NatsSource, context: Context, deadline_seconds: float) -> None:
        """Keep what is needed to connect."""
        self._source = source
        self._credentials = context.credentials
        self._deadline_seconds = deadline_seconds
        self._runner = StreamRunner(context.guard)
        self._client: Client | None = None
        self._reading: _Reading | None = None
        self._complaints: list[str] = []
        self._servers = ", ".join(source.servers)
        self._what = f"NATS at {self._servers}"
        self.name = f"stream {source.stream!r}"
        self.identity: tuple[str, ...] = ("nats", source.stream, source.subject or "")

    def extents(self) -> tuple[str, tuple[Extent, ...]]:
        """Return when the stream was made, and the sequences that it holds."""
        return self._insist(self._extents)

    def read(self, part: Range, notes: list[str]) -> Iterator[Sequence[Message]]:
        """Give the messages of a range; those that were deleted are not told from gaps."""
        sequence = part.start
        while sequence < part.stop:
            messages, sequence = self._batch(sequence, part.stop, notes)
            if messages:
                yield messages

    def close(self) -> None:
        """Close connections and the loop."""
        try:
            self._runner.run(self._stop(), seconds=_ASK_SECONDS, what=self._what)
        except (AwayError, TrainerError):
            # What cannot say goodbye is closed with the loop.
            pass
        finally:
            self._runner.close()

    def _batch(self, sequence: int, stop: int, notes: list[str]) -> tuple[Sequence[Message], int]:
        return self._insist(lambda: self._fetch(sequence, stop, notes))

    def _insist(self, work: Callable[[], Coroutine[object, object, Answer]]) -> Answer:
        return with_retries(lambda: self._run(work()), deadline_seconds=self._deadline_seconds)

    def _run(self, work: Coroutine[object, object, Answer]) -> Answer:
        """Do something with the server; whatever fails, the next try connects anew."""
        try:
            return self._runner.run(self._attempt(work), seconds=_ASK_SECONDS, what=self._what)
        except _WRONG_USE as error:
            refused(self._servers, f"it cannot give {self.name}: {error.description}", error)
        except (OSError, nats.errors.Error, TimeoutError) as error:
            if self._complaints:
                refused(self._servers, f"the user lacks a right: {self._complaints[-1]}", error)
            raise AwayError(f"{self._what} failed: {str(error) or type(error).__name__}") from error

    async def _attempt(self, work: Coroutine[object, object, Answer]) -> Answer:
        try:
            return await work
        except BaseException:
            await self._stop()
            raise

    async def _extents(self) -> tuple[str, tuple[Extent, ...]]:
        jetstream = await self._jetstream()
        info = await jetstream.stream_info(self._source.stream)
        end = info.state.last_seq + 1
        first = min(max(info.state.first_seq, 1), end)
        newest = None
        if self._source.subject is not None:
            newest = await self._newest(jetstream, self._source.subject)
        made = info.created.isoformat() if info.created is not None else ""
        return made, (Extent(_PARTITION, first, end, newest),)

    async def _newest(self, jetstream: JetStreamContext, subject: str) -> int:
        """Return the sequence after the subject's newest message, 0 where it has none."""
        try:
            last = await jetstream.get_last_msg(self._source.stream, subject)
        except nats.js.errors.NotFoundError:
            return 0
        return (last.seq or 0) + 1

    async def _fetch(
        self, sequence: int, stop: int, notes: list[str]
    ) -> tuple[Sequence[Message], int]:
        """Return some messages from a sequence on, and the sequence after them."""
        jetstream = await self._jetstream()
        reading = self._reading
        if reading is None or reading.next_sequence != sequence:
            await self._forget()
            reading = self._reading = await _begun(jetstream, self._source, sequence)
            first = (await jetstream.stream_info(self._source.stream)).state.first_seq
            if first > sequence:
                # Between the look and here: the look told of what was gone before.
                notes.append(
                    f"up to {min(first, stop) - sequence} messages of {self.name} (sequences "
                    f"{sequence} to {min(first, stop) - 1}) were deleted while they were read"
                )
        if reading.pending == 0:
            return (), stop
        return await reading.fetched(stop)

    async def _jetstream(self) -> JetStreamContext:
        if self._client is None or not self._client.is_connected:
            await self._stop()
            self._complaints.clear()
            self._client = await connected(self._source, self._credentials, self._complaints)
        return self._client.jetstream(timeout=_ASK_SECONDS / 3)

    async def _forget(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None and self._client is not None and self._client.is_connected:
            await reading.end()

    async def _stop(self) -> None:
        try:
            await self._forget()
        except (OSError, nats.errors.Error, TimeoutError):
            # The server forgets the consumer by itself.
            pass
        finally:
            client, self._client = self._client, None
            if client is not None:
                await closed(client)


class _Reading:
    """A consumer that belongs to us alone, and how far it is."""

    def __init__(
        self,
        jetstream: JetStreamContext,
        stream: str,
        consumer: str,
        pulled: JetStreamContext.PullSubscription,
    ) -> None:
        self._jetstream = jetstream
        self._stream = stream
        self._consumer = consumer
        self._pulled = pulled
        self._batch = _FIRST_BATCH
        self._delivered = 0
        self.next_sequence = 0
        self.pending = 0

    async def fetched(self, stop: int) -> tuple[Sequence[Message], int]:
        """Return the next messages before `stop`, and the sequence after them."""
        try:
            # Asked for more than there is, the server waits for more.
            wanted = min(self._batch, self.pending)
            found = await self._pulled.fetch(wanted, timeout=_FETCH_SECONDS)
        except TimeoutError:
            info = await self._jetstream.consumer_info(self._stream, self._consumer)
            if not info.num_pending:
                # What was waiting has been deleted.
                self.pending = 0
                return (), stop
            raise
        kept: list[Message] = []
        for message in found:
            place = message.metadata.sequence
            self._delivered += 1
            if place.consumer != self._delivered:
                raise nats.errors.Error("messages were lost on their way")
            if place.stream < stop:
                kept.append(_message(message))
            self.next_sequence = place.stream + 1
            self.pending = message.metadata.num_pending
        size = sum(len(message.data) for message in found) // len(found) + 1
        self._batch = max(1, min(_LARGEST_BATCH, self._batch * 4, _BATCH_BYTES // size))
        return kept, stop if not self.pending else min(self.next_sequence, stop)

    async def end(self) -> None:
        """Remove the consumer from the server."""
        await self._pulled.unsubscribe()
        await self._jetstream.delete_consumer(self._stream, self._consumer)


async def _begun(jetstream: JetStreamContext, source: NatsSource, sequence: int) -> _Reading:
    config = ConsumerConfig(
        description="a collection of Tidewheel; it goes away by itself",
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=sequence,
        ack_policy=AckPolicy.NONE,
        filter_subject=source.subject,
        inactive_threshold=_FORGET_SECONDS,
        mem_storage=True,
        num_replicas=1,
    )
    made = await jetstream.add_consumer(source.stream, config)
    pulled = await jetstream.pull_subscribe_bind(made.name, source.stream)
    reading = _Reading(jetstream, source.stream, made.name, pulled)
    reading.next_sequence, reading.pending = sequence, made.num_pending or 0
    return reading


def _message(message: Msg) -> Message:
    place = message.metadata
    microseconds = (place.timestamp - _EPOCH) // dt.timedelta(microseconds=1)
    return Message(f"sequence {place.sequence.stream}", message.data, microseconds)
