"""Streams of a real NATS server."""

import datetime as dt
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nats.js import JetStreamContext
from tests.integration.sources.stream_fixtures import (
    failure_of,
    nats_server,
    opened,
    rows_of,
    run,
)
from tests.servers.nats import NatsServer
from tests.servers.stream_ports import free_port

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.resolving import ResolvingGuard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream import StreamConnector
from tidewheel_trainer.sources.stream_ranges import Range

__all__ = ["nats_server"]

Open = Callable[..., StreamConnector]
CREDENTIALS = {"username": "reader", "password": "only-for-tests"}


class Stream:
    """A stream and what its owners do with it."""

    def __init__(self, server: NatsServer, name: str) -> None:
        self.server = server
        self.name = name

    def create(self, **settings: Any) -> None:
        """Make it."""
        self._do(lambda js: js.add_stream(name=self.name, subjects=[f"{self.name}.>"], **settings))

    def delete(self) -> None:
        """Delete it with its messages."""
        self._do(lambda js: js.delete_stream(self.name))

    def put(self, *numbers: int, subject: str = "a") -> None:
        """Write messages with numbers."""
        self.put_raw(
            *(json.dumps({"number": number}).encode() for number in numbers), subject=subject
        )

    def put_raw(self, *values: bytes, subject: str = "a") -> None:
        """Write messages as they are."""

        async def work(js: JetStreamContext) -> None:
            for value in values:
                await js.publish(f"{self.name}.{subject}", value)

        self._do(work)

    def delete_message(self, sequence: int) -> None:
        """Delete one message."""
        self._do(lambda js: js.delete_msg(self.name, sequence))

    def delete_before(self, sequence: int) -> None:
        """Delete the messages before a sequence, as retention does."""
        self._do(lambda js: js.purge_stream(self.name, seq=sequence))

    def consumers(self) -> int:
        """Return how many consumers the stream has."""
        return int(self._do(lambda js: js.stream_info(self.name)).state.consumer_count)

    def _do(self, work: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            client = await nats.connect(
                self.server.address, user=self.server.user, password=self.server.password
            )
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return run(done())


@pytest.fixture
def stream(request: pytest.FixtureRequest, nats_server: NatsServer) -> Stream:
    """Return this test's stream, which is not made yet."""
    return Stream(nats_server, str(request.node.name)[:100])


@pytest.fixture
def open_stream(stream: Stream, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the test's stream; all are closed at the end."""
    connectors: list[StreamConnector] = []

    def open_it(*, time_column: str | None = None, **options: Any) -> StreamConnector:
        settings = {
            "servers": options.pop("servers", [stream.server.address]),
            "stream": stream.name,
            "tls": "Disabled",
            "secretName": "nats",
            **options.pop("nats", {}),
        }
        source = {"nats": settings, **({"timeColumn": time_column} if time_column else {})}
        given = {"credentials": CREDENTIALS, **options}
        connectors.append(opened(source, tmp_path, **given))
        return connectors[-1]

    yield open_it
    for connector in connectors:
        connector.close()


def numbers_of(rows: list[dict[str, Any]]) -> list[int]:
    """Return the numbers in rows."""
    return [row["number"] for row in rows]


def test_two_looks_read_every_message_once_and_leave_nothing_behind(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put(*range(100))
    first = open_stream()
    look = first.look({})
    # These come between look and land: they belong to the next snapshot.
    stream.put(100, 101)

    rows = rows_of(first, look, tmp_path)
    first.close()
    second = open_stream()
    later = second.look(look.position)
    later_rows = rows_of(second, later, tmp_path)
    last = second.look(later.position)
    second.close()

    incarnation = look.position["incarnation"]
    assert numbers_of(rows) == list(range(100))
    assert numbers_of(later_rows) == [100, 101]
    assert look.position == {"incarnation": incarnation, "sequence": "101"}
    assert later.position == {"incarnation": incarnation, "sequence": "103"}
    assert (look.new_rows, later.new_rows, last.new_rows) == (100, 2, 0)
    assert later.pieces[0].key == f"{incarnation},sequence:101-103"
    assert last.pieces == ()
    assert last.fingerprint == later.fingerprint != look.fingerprint
    assert [*first.notes, *second.notes] == []
    assert stream.consumers() == 0


def test_an_empty_stream_has_no_piece_and_a_position_to_go_on_from(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    connector = open_stream()
    look = connector.look({})
    stream.put(1)

    later = connector.look(look.position)

    assert (look.pieces, look.new_rows, look.position["sequence"]) == ((), 0, "1")
    assert numbers_of(rows_of(connector, later, tmp_path)) == [1]


def test_messages_of_other_subjects_are_no_news(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put(1, subject="wanted.north")
    stream.put(2, subject="other")
    stream.put(3, subject="wanted.south")
    connector = open_stream(nats={"subject": f"{stream.name}.wanted.*"})
    look = connector.look({})
    stream.put(4, subject="other")

    rows = rows_of(connector, look, tmp_path)
    later = connector.look(look.position)

    assert numbers_of(rows) == [1, 3]
    assert later.pieces == ()
    assert later.fingerprint == look.fingerprint


def test_a_subject_whose_newest_message_is_deleted_is_no_loss(
    stream: Stream, open_stream: Open
) -> None:
    stream.create()
    stream.put(1, 2, 3)
    connector = open_stream(nats={"subject": f"{stream.name}.a"})
    look = connector.look({})
    stream.delete_message(3)

    later = connector.look(look.position)

    assert (later.position, later.pieces, connector.notes) == (look.position, (), ())


def test_deleted_messages_are_gaps(stream: Stream, open_stream: Open, tmp_path: Path) -> None:
    stream.create()
    stream.put(1, 2, 3, 4, 5)
    connector = open_stream()
    look = connector.look({})
    for sequence in (2, 5):
        stream.delete_message(sequence)

    assert numbers_of(rows_of(connector, look, tmp_path)) == [1, 3, 4]


def test_messages_that_are_all_deleted_between_look_and_land_give_a_piece_without_rows(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put(1, 2, 3)
    connector = open_stream()
    look = connector.look({})
    stream.delete_before(4)

    assert rows_of(connector, look, tmp_path) == []
    assert list(connector.notes) == [
        f"up to 3 messages of stream '{stream.name}' (sequences 1 to 3) were deleted while they "
        "were read"
    ]


def test_messages_that_were_deleted_before_they_were_read_are_told(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put(1, 2)
    connector = open_stream()
    position = connector.look({}).position
    stream.put(3, 4, 5)
    stream.delete_before(5)

    look = connector.look(position)

    assert numbers_of(rows_of(connector, look, tmp_path)) == [5]
    assert list(connector.notes) == [
        f"up to 2 messages of partition sequence of stream '{stream.name}' (offsets 3 to 4) were "
        "deleted before they were read; keep messages for longer than the Dataset's refresh "
        "interval"
    ]


def test_a_stream_that_was_made_again_is_noticed_although_it_is_longer_now(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put(1)
    connector = open_stream()
    look = connector.look({})
    stream.delete()
    stream.create()
    stream.put(2, 3)

    later = connector.look(look.position)

    assert numbers_of(rows_of(connector, later, tmp_path)) == [2, 3]
    assert list(connector.notes) == [
        f"stream '{stream.name}' was deleted and made again since the newest snapshot; all "
        "messages that it holds now are read as new ones, and what it held before and was not "
        "read is lost"
    ]


def test_the_time_of_messages_becomes_a_column_of_timestamps(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    before = dt.datetime.now(dt.UTC)
    stream.put(1, 2)
    connector = open_stream(time_column="taken_at")
    (piece,) = connector.look({}).pieces

    connector.land(piece, tmp_path / "piece.parquet")

    table = pq.read_table(tmp_path / "piece.parquet")
    assert table.schema.names == ["taken_at", "number"]
    assert table.schema.types == [pa.timestamp("us", tz="UTC"), pa.int64()]
    times = table["taken_at"].to_pylist()
    assert before <= times[0] < times[1] <= dt.datetime.now(dt.UTC)


def test_a_message_that_is_no_object_is_named_by_its_sequence(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create()
    stream.put_raw(b'{"number": 1}', b'{"number": ')
    connector = open_stream()
    look = connector.look({})

    with pytest.raises(TrainerError) as refused:
        rows_of(connector, look, tmp_path)

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_UNREADABLE
    assert message.startswith(f"the message at sequence 2 of stream '{stream.name}' is not one ")


def test_a_server_that_goes_and_comes_back_loses_and_repeats_nothing(
    stream: Stream, open_stream: Open
) -> None:
    stream.create()
    sent = [json.dumps({"number": number, "filler": "x" * 1000}).encode() for number in range(3000)]
    stream.put_raw(*sent)
    connector = open_stream()
    batches = connector._log.read(Range("sequence", 1, 3001), [])
    got = [message.value for message in next(batches)]
    stream.server.stop()
    back = threading.Thread(target=stream.server.start)
    back.start()
    try:
        got += [message.value for batch in batches for message in batch]
    finally:
        back.join()
    connector.close()

    assert got == sent
    assert stream.consumers() == 0


def test_a_wrong_password_is_told_at_once(stream: Stream, open_stream: Open) -> None:
    connector = open_stream(credentials={"username": "reader", "password": "wrong-password"})

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it refuses the Secret's keys "
        "(nats: 'Authorization Violation')",
    )


def test_a_password_is_never_sent_in_the_clear_when_tls_is_asked_for(
    stream: Stream, open_stream: Open
) -> None:
    connector = open_stream(nats={"tls": "Verified"})

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it does not encrypt; let it use "
        "TLS, or set `tls: Disabled`",
    )


def test_a_server_that_encrypts_proves_its_name_by_the_authority_in_the_secret(
    tmp_path: Path, open_stream: Open
) -> None:
    server = NatsServer(tmp_path / "nats", "reader", "only-for-tests", encrypts=True)
    server.start()
    try:
        trusting = {**CREDENTIALS, "ca.crt": server.authority}
        options = {"servers": [server.address], "nats": {"tls": "Verified"}}
        with pytest.raises(TrainerError) as trusted:
            open_stream(credentials=trusting, **options).look({})
        with pytest.raises(TrainerError) as untrusted:
            open_stream(**options).look({})
    finally:
        server.stop()

    # It gets as far as to hear that there is no such stream.
    assert trusted.value.message.endswith(": stream not found")
    assert failure_of(untrusted) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {server.address} cannot be read: its certificate is not trusted (unable "
        "to get local issuer certificate); put the certificate of its authority into the Secret as "
        "`ca.crt`, or correct its name in `servers`",
    )


def test_a_stream_that_is_not_there_is_told_at_once(stream: Stream, open_stream: Open) -> None:
    connector = open_stream()

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the NATS server {stream.server.address} cannot be read: it cannot give stream "
        f"'{stream.name}': stream not found",
    )


def test_a_stream_that_gives_each_message_to_one_reader_only_is_refused(
    stream: Stream, open_stream: Open, tmp_path: Path
) -> None:
    stream.create(retention="workqueue")
    stream.put(1)
    connector = open_stream()
    look = connector.look({})

    with pytest.raises(TrainerError) as refused:
        rows_of(connector, look, tmp_path)

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_REFUSED
    assert "work queue" in message or "workqueue" in message


def test_a_server_that_does_not_answer_is_tried_again_until_the_deadline(
    stream: Stream, open_stream: Open
) -> None:
    address = f"127.0.0.1:{free_port()}"
    connector = open_stream(servers=[address], deadline_seconds=2)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_UNAVAILABLE
    assert message.startswith(f"no server of stream '{stream.name}' answers ({address}: ")
    assert message.endswith("; it was tried again for 2 seconds")


def test_a_server_at_an_address_that_the_guard_refuses_is_not_connected_to(
    stream: Stream, open_stream: Open
) -> None:
    connector = open_stream(guard=ResolvingGuard(Policy()))

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert refused.value.reason is FailureReason.SOURCE_FORBIDDEN
    assert "127.0.0.1" in refused.value.message
