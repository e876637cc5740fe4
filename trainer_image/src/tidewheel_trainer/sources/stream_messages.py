"""Write messages of a stream as JSON Lines, each as the one object that it must be."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Message", "line_of", "write_lines"]

_LONGEST_BYTES = 16 << 20
_SHOWN_CHARACTERS = 60
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """A message; a value of None deletes earlier messages of its key and is no row.

    Args:
        place: where it lies, as in "offset 7 of partition 0".
        microseconds: the server's time since 1970; None where the server keeps none.
    """

    place: str
    value: bytes | None
    microseconds: int | None


def write_lines(
    messages: Iterable[Message], file: BinaryIO, name: str, time_column: str | None
) -> tuple[int, int]:
    """Append messages to a file, and return how many became rows and how many were skipped.

    Raises:
        TrainerError: SourceUnreadable, for a message that is not one JSON object.
    """
    rows = skipped = 0
    for message in messages:
        if message.value is None:
            skipped += 1
            continue
        file.write(line_of(message, message.value, name, time_column))
        rows += 1
    return rows, skipped


def line_of(message: Message, value: bytes, name: str, time_column: str | None) -> bytes:
    """Return a message as one line; numbers stay as they are written.

    Raises:
        TrainerError: SourceUnreadable, when it is not one JSON object.
    """
    if len(value) > _LONGEST_BYTES:
        _refuse(message, name, f"it is longer than {_LONGEST_BYTES >> 20} MiB")
    try:
        text = value.decode("utf-8").strip(" \t\r\n")
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        _refuse(message, name, f"it is not UTF-8 (byte 0x{value[error.start]:02x})")
    except RecursionError:
        _refuse(message, name, "its objects are nested too deeply")
    except json.JSONDecodeError as error:
        _refuse(message, name, f"{error.msg} at character {error.pos + 1} of {_shown(value)}")
    except ValueError as error:
        _refuse(message, name, str(error))
    if not isinstance(found, dict):
        _refuse(message, name, f"it is {_shown(value)}")
    # Inside strings JSON has no line breaks, so all that are there may become spaces.
    line = text.replace("\r", " ").replace("\n", " ")
    if time_column is not None:
        line = _with_time(line, found, message, name, time_column)
    return line.encode() + b"\n"


def _with_time(
    line: str, found: dict[str, object], message: Message, name: str, column: str
) -> str:
    if column in found:
        _refuse(
            message,
            name,
            f"it has a field {column!r} already",
            advice="give `timeColumn` another name",
        )
    time = "null"
    if message.microseconds is not None:
        moment = _EPOCH + dt.timedelta(microseconds=message.microseconds)
        time = f'"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"'
    rest = line[1:].lstrip()
    return f"{{{json.dumps(column)}: {time}{'' if rest == '}' else ', '}{rest}"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has the field {twice!r} twice")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no value of JSON")


def _shown(value: bytes) -> str:
    text = value.decode("utf-8", errors="replace")
    short = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
    return repr(short) if short else "empty"


def _refuse(
    message: Message,
    name: str,
    fault: str,
    advice: str = "correct what writes such messages, and read another stream or wait until this "
    "message is deleted",
) -> NoReturn:
    raise TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"the message at {message.place} of {name} is not one JSON object with fields that can be "
        f"told apart: {fault}; {advice}",
    )
