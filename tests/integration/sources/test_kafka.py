"""Topics of a real Kafka broker."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.sources.stream_fixtures import (
    Broker,
    failure_of,
    kafka_broker,
    opened,
    rows_of,
)
from tests.servers.kafka import PASSWORD, USER
from tests.servers.stream_ports import free_port

from tidewheel_contracts.job import FailureReason
from tidewheel_dev import wait
from tidewheel_trainer.egress.policy import Policy, parse_entry
from tidewheel_trainer.egress.resolving import ResolvingGuard
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream import StreamConnector
from tidewheel_trainer.sources.stream_ranges import Range

__all__ = ["kafka_broker"]

Open = Callable[..., StreamConnector]


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """Return a name for this test's topic."""
    return str(request.node.name).replace("_", "-")[:200]


@pytest.fixture
def open_topic(kafka_broker: Broker, topic: str, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the test's topic; all are closed at the end."""
    connectors: list[StreamConnector] = []

    def open_it(*, time_column: str | None = None, **options: Any) -> StreamConnector:
        kafka = {
            "servers": options.pop("servers", [kafka_broker.server.address]),
            "topic": options.pop("topic", topic),
            "tls": options.pop("tls", "Disabled"),
            **options.pop("kafka", {}),
        }
        source = {"kafka": kafka, **({"timeColumn": time_column} if time_column else {})}
        connectors.append(opened(source, tmp_path, **options))
        return connectors[-1]

    yield open_it
    for connector in connectors:
        connector.close()


def numbered(partition: int, *numbers: int) -> list[tuple[int, bytes | None]]:
    """Return messages with numbers for a partition."""
    return [(partition, json.dumps({"number": number}).encode()) for number in numbers]


def numbers_of(rows: list[dict[str, Any]]) -> list[int]:
    """Return the numbers in rows."""
    return [row["number"] for row in rows]


def test_two_looks_read_every_message_of_two_partitions_once_and_in_order(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic, partitions=2)
    kafka_broker.put(topic, [*numbered(1, 10, 11), *numbered(0, 1, 2, 3)])
    first = open_topic()
    look = first.look({})
    # These come between look and land: they belong to the next snapshot.
    kafka_broker.put(topic, [*numbered(0, 4), *numbered(1, 12)])

    rows = rows_of(first, look, tmp_path)
    second = open_topic()
    later = second.look(look.position)
    later_rows = rows_of(second, later, tmp_path)
    last = second.look(later.position)

    incarnation = look.position["incarnation"]
    assert numbers_of(rows) == [1, 2, 3, 10, 11]
    assert numbers_of(later_rows) == [4, 12]
    assert look.position == {"0": "3", "1": "2", "incarnation": incarnation}
    assert later.position == {"0": "4", "1": "3", "incarnation": incarnation}
    assert (look.new_rows, later.new_rows, last.new_rows) == (5, 2, 0)
    assert [look.pieces[0].key, later.pieces[0].key] == [
        f"{incarnation},0:0-3,1:0-2",
        f"{incarnation},0:3-4,1:2-3",
    ]
    assert last.pieces == ()
    assert last.position == later.position
    assert last.fingerprint == later.fingerprint != look.fingerprint
    assert [*first.notes, *second.notes] == []


def test_a_piece_that_is_landed_twice_is_the_same_file(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic, partitions=2)
    kafka_broker.put(topic, [*numbered(0, 1, 2), *numbered(1, 3, 4)])
    files = []
    for name in ("first", "second"):
        connector = open_topic(time_column="taken_at")
        (piece,) = connector.look({}).pieces
        connector.land(piece, tmp_path / name)
        files.append((tmp_path / name).read_bytes())

    assert files[0] == files[1]


def test_an_empty_topic_has_no_piece_and_a_position_to_go_on_from(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    connector = open_topic()
    look = connector.look({})
    kafka_broker.put(topic, numbered(0, 1))

    later = connector.look(look.position)

    assert (look.pieces, look.new_rows, look.position["0"]) == ((), 0, "0")
    assert numbers_of(rows_of(connector, later, tmp_path)) == [1]


def test_the_time_of_messages_becomes_a_column_of_timestamps(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    before = dt.datetime.now(dt.UTC) - dt.timedelta(milliseconds=1)
    kafka_broker.put(topic, [(0, b'{"nested": {"a": [1, "b"]}}'), (0, b"{}")])
    connector = open_topic(time_column="taken_at")
    (piece,) = connector.look({}).pieces

    connector.land(piece, tmp_path / "piece.parquet")

    table = pq.read_table(tmp_path / "piece.parquet")
    assert table.schema.types == [pa.timestamp("us", tz="UTC"), pa.string()]
    assert table.schema.names == ["taken_at", "nested"]
    assert table["nested"].to_pylist() == ['{"a":[1,"b"]}', None]
    times = table["taken_at"].to_pylist()
    assert before <= times[0] <= times[1] <= dt.datetime.now(dt.UTC)


def test_tombstones_are_no_rows(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, [*numbered(0, 1), (0, None), *numbered(0, 2)], key=b"same")
    connector = open_topic()
    look = connector.look({})

    rows = rows_of(connector, look, tmp_path)

    assert numbers_of(rows) == [1, 2]
    assert (look.new_rows, look.position["0"]) == (3, "3")


def test_a_message_that_is_no_object_is_named_by_partition_and_offset(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic, partitions=2)
    kafka_broker.put(topic, [*numbered(0, 1), *numbered(1, 2), (1, b"[3]")])
    connector = open_topic()
    look = connector.look({})

    with pytest.raises(TrainerError) as refused:
        rows_of(connector, look, tmp_path)

    assert failure_of(refused) == (
        FailureReason.SOURCE_UNREADABLE,
        f"the message at offset 1 of partition 1 of topic '{topic}' is not one JSON object with "
        "fields that can be told apart: it is '[3]'; correct what writes such messages, and read "
        "another stream or wait until this message is deleted",
    )
    assert not (tmp_path / "piece.parquet").exists()


def test_messages_that_were_deleted_before_they_were_read_are_told(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 0, 1))
    connector = open_topic()
    position = connector.look({}).position
    kafka_broker.put(topic, numbered(0, 2, 3, 4))
    kafka_broker.delete_before(topic, 0, 4)

    look = connector.look(position)

    assert numbers_of(rows_of(connector, look, tmp_path)) == [4]
    assert list(connector.notes) == [
        f"up to 2 messages of partition 0 of topic '{topic}' (offsets 2 to 3) were deleted before "
        "they were read; keep messages for longer than the Dataset's refresh interval"
    ]


def test_messages_that_are_deleted_between_look_and_land_are_told(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 0, 1, 2))
    connector = open_topic()
    look = connector.look({})
    kafka_broker.delete_before(topic, 0, 2)

    rows = rows_of(connector, look, tmp_path)

    assert numbers_of(rows) == [2]
    assert list(connector.notes) == [
        f"up to 2 messages of partition 0 of topic '{topic}' (offsets 0 to 1) were deleted while "
        "they were read"
    ]


def test_a_topic_that_was_made_again_is_noticed_although_it_is_longer_now(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1, 2))
    connector = open_topic()
    look = connector.look({})
    made_again(kafka_broker, topic)
    kafka_broker.put(topic, numbered(0, 3, 4, 5))

    later = connector.look(look.position)

    assert numbers_of(rows_of(connector, later, tmp_path)) == [3, 4, 5]
    assert later.pieces[0].key != look.pieces[0].key
    assert list(connector.notes) == [
        f"topic '{topic}' was deleted and made again since the newest snapshot; all messages that "
        "it holds now are read as new ones, and what it held before and was not read is lost"
    ]


def test_a_topic_that_is_made_again_between_look_and_land_gives_no_piece(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1, 2))
    connector = open_topic()
    look = connector.look({})
    made_again(kafka_broker, topic)
    kafka_broker.put(topic, numbered(0, 3, 4))

    with pytest.raises(TrainerError) as refused:
        rows_of(connector, look, tmp_path)

    assert failure_of(refused) == (
        FailureReason.SOURCE_UNAVAILABLE,
        f"topic '{topic}' was deleted and made again while it was read; the next collection reads "
        "the new one",
    )


def test_only_committed_messages_are_read_and_an_open_transaction_ends_the_look(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put_in_transaction(topic, numbered(0, 1, 2), "commit")
    kafka_broker.put_in_transaction(topic, numbered(0, 3, 4), "abort")
    connector = open_topic()
    # Two messages and a marker, twice; a broker writes the marker after it answers.
    wait.until(
        "the markers",
        lambda: None if connector.look({}).position["0"] == "6" else "they are not there",
        timeout_seconds=20,
    )
    kafka_broker.put_in_transaction(topic, numbered(0, 5), "open")
    kafka_broker.put(topic, numbered(0, 6))

    look = connector.look({})

    assert numbers_of(rows_of(connector, look, tmp_path)) == [1, 2]
    assert (look.new_rows, look.position["0"]) == (6, "6")
    assert connector.look(look.position).pieces == ()


def test_a_compacted_topic_gives_what_it_kept(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(
        topic,
        cleanup_policy="compact",
        segment_bytes="1048576",
        segment_ms="100",
        min_cleanable_dirty_ratio="0.001",
        delete_retention_ms="0",
    )
    kafka_broker.put(topic, numbered(0, 1, 2, 3), key=b"same")
    connector = open_topic()

    def missing() -> str | None:
        # A segment is closed, and so can be compacted, when a message comes after its time.
        kafka_broker.put(topic, numbered(0, 99), key=b"other")
        rows = numbers_of(rows_of(connector, connector.look({}), tmp_path))
        return None if [row for row in rows if row < 99] == [3] else f"kept {rows}"

    wait.until("compaction", missing, timeout_seconds=60)


def test_a_broker_that_goes_and_comes_back_loses_and_repeats_nothing(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    kafka_broker.create(topic)
    filler = "x" * 4000
    sent = [
        (0, json.dumps({"number": number, "filler": filler}).encode()) for number in range(4000)
    ]
    kafka_broker.put(topic, sent)
    connector = open_topic()
    position = connector.look({}).position
    batches = connector._log.read(Range("0", 0, int(position["0"])), [])
    got = [message.value for message in next(batches)]
    kafka_broker.server.stop()
    back = threading.Thread(target=kafka_broker.server.start)
    back.start()
    try:
        got += [message.value for batch in batches for message in batch]
    finally:
        back.join()

    assert got == [value for _, value in sent]


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha256", "ScramSha512"])
def test_a_user_reads_with_the_password(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path, mechanism: str
) -> None:
    name = topic.split("[")[0] + mechanism
    kafka_broker.create(name)
    kafka_broker.put(name, numbered(0, 1))
    connector = open_topic(
        topic=name,
        servers=[kafka_broker.server.login_address],
        kafka={"secretName": "kafka", "mechanism": mechanism},
        credentials={"username": USER, "password": PASSWORD},
    )

    assert numbers_of(rows_of(connector, connector.look({}), tmp_path)) == [1]


@pytest.mark.parametrize("mechanism", ["Plain", "ScramSha512"])
def test_a_wrong_password_is_told_at_once(
    kafka_broker: Broker, open_topic: Open, mechanism: str
) -> None:
    address = kafka_broker.server.login_address
    connector = open_topic(
        topic="any",
        servers=[address],
        kafka={"secretName": "kafka", "mechanism": mechanism},
        credentials={"username": USER, "password": "wrong-password"},
    )

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_REFUSED
    start = f"the Kafka broker {address} cannot be read: it refuses the Secret's user or the "
    assert message.startswith(start)
    assert "wrong-password" not in message


def test_a_broker_proves_its_name_by_the_authority_in_the_secret(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    connector = open_topic(
        servers=[kafka_broker.server.tls_address],
        tls="Verified",
        kafka={"secretName": "kafka"},
        credentials={"ca.crt": kafka_broker.server.authority},
    )

    assert numbers_of(rows_of(connector, connector.look({}), tmp_path)) == [1]


def test_a_broker_that_cannot_prove_its_name_is_read_only_when_that_is_allowed(
    kafka_broker: Broker, topic: str, open_topic: Open, tmp_path: Path
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    address = kafka_broker.server.tls_address
    lenient = open_topic(servers=[address], tls="Encrypted")
    strict = open_topic(servers=[address], tls="Verified")

    rows = rows_of(lenient, lenient.look({}), tmp_path)
    with pytest.raises(TrainerError) as refused:
        strict.look({})

    assert numbers_of(rows) == [1]
    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the Kafka broker {address} cannot be read: its certificate is not trusted (unable to get "
        "local issuer certificate); put the certificate of its authority into the Secret as "
        "`ca.crt`, or correct its name in `servers`",
    )


def test_a_secret_without_a_key_is_told_at_once(open_topic: Open) -> None:
    with pytest.raises(TrainerError) as refused:
        open_topic(kafka={"secretName": "kafka"}, credentials={"username": USER})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        "the Secret 'kafka' of the Kafka source lacks the key 'password'; add it",
    )


def test_a_topic_that_is_not_there_is_told_and_not_created(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    connector = open_topic()

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert failure_of(refused) == (
        FailureReason.SOURCE_REFUSED,
        f"the Kafka broker {kafka_broker.server.address} cannot be read: it has no topic "
        f"'{topic}', or does not let the user see it",
    )
    assert topic not in kafka_broker.topics()


def test_a_broker_that_does_not_answer_is_tried_again_until_the_deadline(
    open_topic: Open, topic: str
) -> None:
    address = f"127.0.0.1:{free_port()}"
    connector = open_topic(servers=[address], deadline_seconds=2)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    reason, message = failure_of(refused)
    assert reason is FailureReason.SOURCE_UNAVAILABLE
    assert message.startswith(f"no broker of topic '{topic}' answers ({address}: ")
    assert message.endswith("; it was tried again for 2 seconds")


def test_a_broker_must_not_send_us_to_an_address_that_the_guard_refuses(
    kafka_broker: Broker, topic: str, open_topic: Open
) -> None:
    kafka_broker.create(topic)
    kafka_broker.put(topic, numbered(0, 1))
    guard = ResolvingGuard(Policy(allow=(parse_entry("127.0.0.1"),)))
    connector = open_topic(servers=[kafka_broker.server.stray_address], guard=guard)

    with pytest.raises(TrainerError) as refused:
        connector.look({})

    assert refused.value.reason is FailureReason.SOURCE_FORBIDDEN
    assert "169.254.169.254" in refused.value.message


def made_again(broker: Broker, topic: str) -> None:
    """Delete a topic, and make one of the same name."""
    broker.delete(topic)
    wait.until(
        "the topic to go",
        lambda: "it is there" if topic in broker.topics() else None,
        timeout_seconds=20,
    )
    broker.create(topic)
