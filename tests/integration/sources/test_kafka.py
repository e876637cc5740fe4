"""Topics of a real Kafka broker: which messages are read."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.sources.kafka_fixtures import (
    Open,
    kafka_broker,
    numbered,
    numbers_of,
    open_topic,
    topic,
)
from tests.integration.sources.stream_fixtures import (
    Broker,
    failure_of,
    rows_of,
)

from tidewheel_contracts.job import FailureReason
from tidewheel_dev import wait
from tidewheel_trainer.failure import TrainerError

__all__ = ["kafka_broker", "open_topic", "topic"]


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


def made_again(broker: Broker, topic: str) -> None:
    """Delete a topic, and make one of the same name."""
    broker.delete(topic)
    wait.until(
        "the topic to go",
        lambda: "it is there" if topic in broker.topics() else None,
        timeout_seconds=20,
    )
    broker.create(topic)
