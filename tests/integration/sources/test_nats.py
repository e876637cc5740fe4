"""Streams of a real NATS server: which messages are read."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.sources.nats_fixtures import (
    Open,
    Stream,
    nats_server,
    numbers_of,
    open_stream,
    stream,
)
from tests.integration.sources.stream_fixtures import (
    failure_of,
    rows_of,
)

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["nats_server", "open_stream", "stream"]


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
