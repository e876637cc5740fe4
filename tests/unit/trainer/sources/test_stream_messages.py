"""Messages as lines of JSON."""

import io

import pytest

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.stream_messages import Message, line_of, write_lines

NAME = "topic 'trips'"


def line(value: bytes, *, microseconds: int | None = 0, time_column: str | None = None) -> bytes:
    """Return a message's line."""
    return line_of(Message("offset 7", value, microseconds), value, NAME, time_column)


def test_a_message_over_several_lines_becomes_one_line_with_its_numbers_as_they_are() -> None:
    value = b' {\r\n "id": 12345678901234567890123, "price": 1.50,\n "text": "a\\nb" }\n'

    assert line(value) == b'{   "id": 12345678901234567890123, "price": 1.50,  "text": "a\\nb" }\n'


@pytest.mark.parametrize(
    ("microseconds", "time"),
    [
        (0, b'"1970-01-01T00:00:00.000000Z"'),
        (1_790_000_000_123_456, b'"2026-09-21T14:13:20.123456Z"'),
        (None, b"null"),
    ],
)
def test_the_time_comes_first(microseconds: int | None, time: bytes) -> None:
    written = line(b'{"a": 1}', microseconds=microseconds, time_column='at "x"')

    assert written == b'{"at \\"x\\"": ' + time + b', "a": 1}\n'


def test_an_object_without_fields_has_only_the_time() -> None:
    assert line(b"{ }", microseconds=None, time_column="at") == b'{"at": null}\n'


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (b"", "Expecting value at character 1 of empty"),
        (b"[1]", "it is '[1]'"),
        (b'{"a": 1} {"a": 2}', 'Extra data at character 10 of \'{"a": 1} {"a": 2}\''),
        (b'{"a": NaN}', "NaN is no value of JSON"),
        (b'{"a": "\xff"}', "it is not UTF-8 (byte 0xff)"),
        (b'{"a": {"b": 1, "b": 2}}', "it has the field 'b' twice"),
        (b"[" * 100_000, "its objects are nested too deeply"),
        (b'{"a": "' + b"x" * (16 << 20) + b'"}', "it is longer than 16 MiB"),
    ],
    ids=["empty", "list", "two", "nan", "utf8", "twice", "deep", "long"],
)
def test_what_is_not_one_object_is_refused_by_its_place(value: bytes, fault: str) -> None:
    with pytest.raises(TrainerError) as refused:
        line(value)

    assert (refused.value.reason, refused.value.message) == (
        FailureReason.SOURCE_UNREADABLE,
        "the message at offset 7 of topic 'trips' is not one JSON object with fields that can be "
        f"told apart: {fault}; correct what writes such messages, and read another stream or wait "
        "until this message is deleted",
    )


def test_a_field_of_the_time_columns_name_is_refused() -> None:
    with pytest.raises(TrainerError) as refused:
        line(b'{"at": 1}', time_column="at")

    assert refused.value.message == (
        "the message at offset 7 of topic 'trips' is not one JSON object with fields that can be "
        "told apart: it has a field 'at' already; give `timeColumn` another name"
    )


def test_tombstones_are_skipped_and_counted() -> None:
    file = io.BytesIO()
    messages = [Message("1", b"{}", 0), Message("2", None, 0), Message("3", b'{"a": 1}', 0)]

    counts = write_lines(messages, file, NAME, None)

    assert (counts, file.getvalue()) == ((2, 1), b'{}\n{"a": 1}\n')
