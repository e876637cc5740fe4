"""Rows of one answer: each with its bytes as they go to the landing file, and its values."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidewheel_contracts.api.v1alpha1.source_files import Csv
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Row", "csv_rows", "field_of", "json_document", "json_line_rows", "json_rows"]

# The bytes of a row with the end of its line, and its values by column; None for a header.
Row = tuple[bytes, Mapping[str, Any] | None]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_document(file: Path, name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON answer.

    Raises:
        TrainerError: SourceUnreadable, naming the page and the place.
    """
    try:
        return json.loads(file.read_bytes(), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        fault = f"{error.msg} at line {error.lineno}, character {error.colno}"
        raise _unreadable(name, f"is not JSON ({fault})") from error
    except RecursionError as error:
        raise _unreadable(name, "is JSON that is nested too deeply") from error
    except ValueError as error:
        raise _unreadable(name, f"is not JSON ({error})") from error


def field_of(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what lies at a path of names joined by dots, or None; a name may have dots itself."""
    if not isinstance(document, dict):
        return None
    if path in document:
        return document[path]
    names = path.split(".")
    for count in range(len(names) - 1, 0, -1):
        first = ".".join(names[:count])
        if first in document:
            return field_of(document[first], ".".join(names[count:]))
    return None


def json_rows(document: Any, path: str | None, name: str) -> Iterator[Row]:  # noqa: ANN401
    """Give the rows of a JSON answer, objects inside objects as columns with dots.

    An empty object has no column; a list stays as it is.

    Raises:
        TrainerError: SourceUnreadable, when there is no list of objects.
    """
    rows = document if path is None else field_of(document, path)
    if not isinstance(rows, list):
        raise _no_list(document, path, name)
    for number, row in enumerate(rows, start=1):
        where = f"row {number} of {name}"
        if not isinstance(row, dict):
            raise _unreadable(where, "is not an object")
        is_flat = not any(isinstance(value, dict) for value in row.values())
        try:
            flat = row if is_flat else dict(_flat(row, "", where))
            line = _ENCODER.encode(flat).encode()
        except RecursionError as error:
            raise _unreadable(where, "is nested too deeply") from error
        except UnicodeEncodeError as error:
            raise _unreadable(where, "has half a character (a lone surrogate)") from error
        yield line + b"\n", flat


def json_line_rows(file: Path, name: str) -> Iterator[Row]:
    """Give the rows of an answer in JSON Lines; their bytes stay as they are."""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            where = f"line {number} of {name}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _unreadable(where, "is not a JSON object") from error
            if not isinstance(row, dict):
                raise _unreadable(where, "is not a JSON object")
            yield line.rstrip(b"\r\n") + b"\n", row


def csv_rows(file: Path, options: Csv, name: str) -> Iterator[Row]:
    """Give the header, if the file has one, and the rows of a CSV answer.

    The bytes of a row are those of the file: quotes tell a text from no value.
    """
    taken: list[str] = []
    previous = csv.field_size_limit(sys.maxsize)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:

            def lines() -> Iterator[str]:
                for line in stream:
                    taken.append(line)
                    yield line

            names = list(options.column_names)
            for values in csv.reader(lines(), delimiter=options.delimiter):
                raw = "".join(taken).rstrip("\r\n").encode() + b"\n"
                taken.clear()
                if not values:
                    continue
                is_header = not names
                if is_header:
                    names = values
                yield raw, None if is_header else dict(zip(names, values, strict=False))
    except (csv.Error, UnicodeDecodeError) as error:
        raise _unreadable(name, f"is not a readable CSV file ({error})") from error
    finally:
        csv.field_size_limit(previous)


def _flat(value: Mapping[str, Any], before: str, where: str) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, item in value.items():
        inner = (
            _flat(item, f"{before}{key}.", where)
            if isinstance(item, dict)
            else iter([(f"{before}{key}", item)])
        )
        for name, leaf in inner:
            if name in seen:
                raise _unreadable(where, f"has the field '{name}' twice")
            seen.add(name)
            yield name, leaf


def _no_list(document: Any, path: str | None, name: str) -> TrainerError:  # noqa: ANN401
    if path is not None:
        return _unreadable(name, f"has no list at '{path}'", "correct `rows` of the source")
    lists = (
        [key for key, value in document.items() if isinstance(value, list)]
        if isinstance(document, dict)
        else []
    )
    hint = f", such as '{lists[0][:64]}'" if lists else ""
    way = f"name the field that has the list in `rows` of the source{hint}"
    return _unreadable(name, "is not a list of objects", way)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a value of JSON")


def _unreadable(
    what: str, fault: str, way: str = "correct the server, or `format` of the source"
) -> TrainerError:
    return TrainerError(FailureReason.SOURCE_UNREADABLE, f"{what} {fault}; {way}")
