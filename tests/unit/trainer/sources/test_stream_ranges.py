"""What of a stream is new since a position."""

import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream_ranges import (
    Extent,
    News,
    Range,
    fingerprint_of,
    key_of,
    news_since,
)

NAME = "topic 'trips'"


def test_the_first_look_takes_all_that_is_kept_and_tells_of_no_loss() -> None:
    news = news_since({}, NAME, "a", [Extent("0", 5, 8), Extent("1", 0, 0)])

    assert news == News((Range("0", 5, 8),), {"0": "8", "1": "0", "incarnation": "a"}, ())


def test_a_partition_that_was_added_is_read_from_its_start() -> None:
    position = {"0": "8", "incarnation": "a"}

    news = news_since(position, NAME, "a", [Extent("0", 5, 9), Extent("1", 0, 2)])

    assert news == News(
        (Range("0", 8, 9), Range("1", 0, 2)), {"0": "9", "1": "2", "incarnation": "a"}, ()
    )


def test_messages_that_were_read_before_they_were_deleted_are_no_loss() -> None:
    news = news_since({"0": "8", "incarnation": "a"}, NAME, "a", [Extent("0", 8, 8)])

    assert news == News((), {"0": "8", "incarnation": "a"}, ())


def test_all_that_is_not_asked_for_moves_no_position() -> None:
    extent = Extent("sequence", 1, 100, newest=41)

    news = news_since({"sequence": "51", "incarnation": "a"}, NAME, "a", [extent])

    assert news == News((), {"incarnation": "a", "sequence": "51"}, ())


def test_a_server_that_lost_what_was_read_is_told_and_read_on() -> None:
    news = news_since({"0": "8", "incarnation": "a"}, NAME, "a", [Extent("0", 0, 6)])

    assert news == News(
        (),
        {"0": "6", "incarnation": "a"},
        (
            "partition 0 of topic 'trips' ends at offset 6, but the newest snapshot was read up to "
            "8: the server lost messages that the snapshot has; reading goes on after those it "
            "kept",
        ),
    )


def test_offsets_that_went_back_are_refused_where_a_topic_has_no_id() -> None:
    with pytest.raises(TrainerError) as refused:
        news_since({"0": "8"}, NAME, "", [Extent("0", 0, 6)])

    assert (refused.value.reason, refused.value.message) == (
        FailureReason.SOURCE_UNREADABLE,
        "partition 0 of topic 'trips' ends at offset 6, but the newest snapshot was read up to 8: "
        "the topic was deleted and made again; make a new Dataset for it",
    )


def test_the_same_offsets_of_another_incarnation_have_another_key() -> None:
    ranges = [Range("0", 0, 5), Range("1", 2, 3)]

    assert key_of("a", ranges) == "a,0:0-5,1:2-3"
    assert key_of("b", ranges) == "b,0:0-5,1:2-3"
    assert key_of("", ranges) == "0:0-5,1:2-3"


def test_a_fingerprint_tells_sources_and_positions_apart() -> None:
    prints = {
        fingerprint_of(("kafka", "trips"), {"0": "1"}),
        fingerprint_of(("kafka", "trips"), {"0": "2"}),
        fingerprint_of(("kafka", "trip"), {"s0": "1"}),
    }

    assert len(prints) == 3
    assert fingerprint_of(("a",), {"1": "x", "0": "y"}) == fingerprint_of(
        ("a",), {"0": "y", "1": "x"}
    )
