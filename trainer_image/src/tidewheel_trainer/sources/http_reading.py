"""Read all pages of a source to one file, a page at a time."""

import codecs
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tidewheel_contracts.api.v1alpha1.source_http import HttpFormat, HttpSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_answer import Answer
from tidewheel_trainer.sources.http_client import HttpClient
from tidewheel_trainer.sources.http_cursor import Highest
from tidewheel_trainer.sources.http_pages import NextOf, first_page, next_page
from tidewheel_trainer.sources.http_rows import (
    Row,
    csv_rows,
    json_document,
    json_line_rows,
    json_rows,
)
from tidewheel_trainer.sources.http_spool import Spool
from tidewheel_trainer.sources.http_urls import shown
from tidewheel_trainer.sources.retrying import with_retries

__all__ = ["Limits", "Reader", "Rows", "read_rows"]

_ACCEPT = {
    HttpFormat.JSON: "application/json",
    HttpFormat.JSON_LINES: "application/x-ndjson, application/jsonl, application/json;q=0.5",
    HttpFormat.CSV: "text/csv, text/plain;q=0.5",
}
_COPY_BYTES = 1 << 20
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read before a source counts as broken."""

    page_bytes: int = 64 << 20
    # Answers that are not held in memory: CSV and JSON Lines without pages.
    whole_bytes: int = 16 << 30
    pages: int = 10_000
    connect_seconds: float = 10.0
    # Without a byte; a whole answer may take longer.
    read_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Reader:
    """What a source is read with, and the folder that its rows are written to."""

    source: HttpSource
    client: HttpClient
    folder: Path
    limits: Limits
    clock: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """A file of rows in the source's format, but JSON as JSON Lines; its digest.

    Rows are counted where there is a cursor; the headers are those of the first answer.
    """

    file: Path
    digest: str
    count: int
    headers: Mapping[str, str]


def read_rows(
    reader: Reader,
    url: str,
    highest: Highest | None = None,
    conditions: Mapping[str, str] = MappingProxyType({}),
) -> Rows | None:
    """Read a source from a URL to its last page; with a cursor, only its new rows are kept.

    Args:
        reader: how, and where to.
        url: where to begin.
        highest: the cursor, whose value is raised.
        conditions: headers that ask the server to answer only if something changed.

    Returns:
        The rows; None when the server says that nothing changed.

    Raises:
        TrainerError: with the reasons Source..., naming the page.
    """
    source, target = reader.source, reader.folder / "rows"
    start = first_page(url, source.pages)
    if source.pages is None and highest is None and source.format is not HttpFormat.JSON:
        name = _name_of(source, start, 1)
        answer = _saved(reader, start, conditions, target, reader.limits.whole_bytes, name)
        if answer.status == 304:
            return None
        with target.open("rb") as whole:
            return Rows(target, hashlib.file_digest(whole, "sha256").hexdigest(), 0, answer.headers)
    with target.open("wb") as stream:
        spool = Spool(stream, reader.limits.whole_bytes, highest)
        headers = _read_pages(reader, start, conditions, spool)
    return None if headers is None else Rows(target, spool.digest, spool.kept, headers)


def _read_pages(
    reader: Reader, start: str, conditions: Mapping[str, str], spool: Spool
) -> Mapping[str, str] | None:
    """Return the headers of the first page; None when the server says that nothing changed."""
    source, page = reader.source, reader.folder / "page"
    # JSON is parsed as a whole; the other formats are read from the file, row by row.
    is_bounded = source.pages is not None or source.format is HttpFormat.JSON
    limit = reader.limits.page_bytes if is_bounded else reader.limits.whole_bytes
    seen: dict[str, int] = {}
    first: Mapping[str, str] | None = None
    following: str | None = start
    while following is not None:
        name = _name_of(source, following, len(seen) + 1)
        _refuse_loop(seen, following, name, reader.limits.pages)
        answer = _saved(reader, following, {} if seen else conditions, page, limit, name)
        if answer.status == 304:
            return None
        first = answer.headers if first is None else first
        seen[following] = len(seen) + 1
        is_json = source.format is HttpFormat.JSON and answer.status != _NO_CONTENT
        document = json_document(page, name) if is_json else None
        count = spool.take(_rows(source, page, document, name, answer), name)
        following = next_page(
            NextOf(start, answer.url, answer.headers, document, name),
            source.pages,
            rows_of_page=count,
            rows_so_far=spool.received,
        )
    page.unlink(missing_ok=True)
    return first


def _saved(
    reader: Reader,
    url: str,
    conditions: Mapping[str, str],
    file: Path,
    limit: int,
    name: str,
) -> Answer:
    """Write the body of an answer to a file, in as many attempts as it takes."""
    headers = {"Accept": f"{_ACCEPT[reader.source.format]}, */*;q=0.1", **conditions}

    reading = 0.0

    def attempt() -> Answer:
        nonlocal reading
        answer = reader.client.get(url, headers)
        start = reader.clock()
        try:
            with file.open("wb") as stream:
                for block in answer.blocks(limit, reader.clock):
                    stream.write(block)
        finally:
            reading += reader.clock() - start
        return answer

    # What breaks off after an hour of reading deserves another attempt: only waiting counts.
    answer = with_retries(attempt, clock=lambda: reader.clock() - reading, pause=reader.pause)
    if answer.status == 304 and not conditions:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"{name} is 'not modified' (304) although nothing was asked about an earlier one; "
            "correct the server",
        )
    if reader.source.format is not HttpFormat.JSON:
        _to_utf8(file, answer)
    return answer


def _rows(
    source: HttpSource,
    page: Path,
    document: Any,  # noqa: ANN401 - any JSON
    name: str,
    answer: Answer,
) -> Iterator[Row]:
    if answer.status == _NO_CONTENT:
        return iter(())
    if source.format is HttpFormat.JSON:
        return json_rows(document, source.rows, name)
    if source.format is HttpFormat.JSON_LINES:
        return json_line_rows(page, name)
    return csv_rows(page, source.csv, name)


def _name_of(source: HttpSource, url: str, number: int) -> str:
    return (
        f"the answer of '{shown(url)}'"
        if source.pages is None
        else f"page {number:,} of '{shown(url)}'"
    )


def _to_utf8(file: Path, answer: Answer) -> None:
    """Write a file again that says of itself that its text is not UTF-8."""
    message = Message()
    message["Content-Type"] = answer.headers.get("Content-Type", "")
    charset = message.get_content_charset("utf-8")
    try:
        if codecs.lookup(charset).name in ("utf-8", "ascii"):
            return
        other = file.with_suffix(".utf8")
        with (
            file.open(encoding=charset, newline="") as text,
            other.open("w", encoding="utf-8", newline="") as written,
        ):
            shutil.copyfileobj(text, written, _COPY_BYTES)
        other.replace(file)
    except (LookupError, ValueError) as error:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"the answer of '{shown(answer.url)}' is not the {charset[:40]!r} text that its "
            "Content-Type says; correct the server",
        ) from error


def _refuse_loop(seen: Mapping[str, int], url: str, name: str, most: int) -> None:
    if url in seen:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"the pages never end: page {len(seen):,} leads back to page {seen[url]:,} of "
            f"'{shown(url)}'; correct `pages` of the source, or the server",
        )
    if len(seen) >= most:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"there are more than {most:,} pages ({name}); ask for larger ones, or read new rows "
            "only with `cursor` of the source",
        )
