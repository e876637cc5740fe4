"""Rows that a server gives to GET requests.

Without a cursor the source is one piece, known by the digest of its rows. A server that answers
"not modified" to the ETag or the time of the answer before makes a look cost one short request;
where it cannot, or where the answer has pages, only reading tells whether something changed, so a
look reads, and the piece lands from what the look has read. With a cursor every look asks for the
rows after the highest value so far, and they are a piece of their own.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import urllib3

from tidewheel_contracts.api.v1alpha1.source_http import HttpCursor, HttpFormat, HttpSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Context, Look, Piece
from tidewheel_trainer.sources.files import land_csv, land_json_lines
from tidewheel_trainer.sources.http_client import HttpClient
from tidewheel_trainer.sources.http_cursor import Highest
from tidewheel_trainer.sources.http_headers import secret_headers
from tidewheel_trainer.sources.http_reading import Limits, Reader, Rows, read_rows
from tidewheel_trainer.sources.http_urls import place_of, shown, with_parameters

__all__ = ["HttpConnector"]

_CURSOR, _DIGEST = "cursor", "digest"
# Names in the position, and the headers that send the values back (RFC 9110, section 13).
_VALIDATORS = {
    "etag": ("ETag", "If-None-Match"),
    "lastModified": ("Last-Modified", "If-Modified-Since"),
}
_LONGEST_VALIDATOR = 512
_LIMITS = Limits()


class HttpConnector:
    """A source that answers HTTP requests."""

    is_repeatable = True
    notes: Sequence[str] = ()

    def __init__(
        self,
        source: HttpSource,
        context: Context,
        *,
        limits: Limits = _LIMITS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open no connection yet.

        Raises:
            TrainerError: SourceRefused, when the Secret has what is no header.
        """
        self._source = source
        client = HttpClient(
            context.guard,
            place_of(source.url),
            secret_headers(context.credentials),
            urllib3.Timeout(connect=limits.connect_seconds, read=limits.read_seconds),
        )
        self._folder = tempfile.TemporaryDirectory(dir=context.scratch)
        self._reader = Reader(source, client, Path(self._folder.name), limits, clock, pause)
        self._read: dict[Piece, Path] = {}

    @property
    def has_documents(self) -> bool:
        """Tell whether rows are documents, which may lack fields that others have."""
        return self._source.format is not HttpFormat.CSV

    def look(self, position: Mapping[str, str]) -> Look:
        """Ask whether there is something new, and read it unless the server says no."""
        cursor = self._source.cursor
        if cursor is not None:
            return self._look_after(cursor, position.get(_CURSOR))
        rows = read_rows(self._reader, self._source.url, None, self._conditions(position))
        if rows is None:
            return self._look_of(position[_DIGEST], position)
        # A server whose ETag changes although the rows do not must not make a new snapshot.
        kept = position if position.get(_DIGEST) == rows.digest else self._validators(rows)
        look = self._look_of(rows.digest, kept)
        self._read = {look.pieces[0]: rows.file}
        return look

    def land(self, piece: Piece, target: Path) -> None:
        """Write the rows that the look read to a Parquet file."""
        file = self._read.get(piece)
        if file is None and self._source.cursor is None:
            # The server said that nothing changed, but the rows are wanted all the same.
            self.look({})
            file = self._read.get(piece)
        name = shown(self._source.url)
        if file is None:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"the rows of '{name}' changed while they were read; the next collection reads "
                "what is there then",
            )
        if self._source.format is HttpFormat.CSV:
            land_csv(file, target, name, self._source.csv)
        else:
            land_json_lines(file, target, name)

    def close(self) -> None:
        """Give back connections and temporary files."""
        self._reader.client.close()
        self._folder.cleanup()

    def _look_after(self, cursor: HttpCursor, start: str | None) -> Look:
        url = self._source.url
        if start is not None:
            url = with_parameters(url, {cursor.parameter: start})
        highest = Highest.after(cursor.column, start)
        rows = read_rows(self._reader, url, highest)
        end = highest.value.text if highest.value else None
        fingerprint = _digest("cursor", end or "")
        position = {} if end is None else {_CURSOR: end}
        if rows is None or rows.count == 0:
            return Look((), fingerprint, position, new_rows=0)
        piece = Piece(f"{cursor.column} after {start or 'the start'} up to {end}", rows.digest)
        self._read = {piece: rows.file}
        return Look((piece,), fingerprint, position, new_rows=rows.count)

    def _look_of(self, digest: str, position: Mapping[str, str]) -> Look:
        piece = Piece(shown(self._source.url), digest)
        return Look((piece,), _digest("rows", digest), position)

    def _conditions(self, position: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that ask for an answer only if it is another than before.

        Of several pages the first one's ETag tells nothing about the others.
        """
        if self._source.pages is not None or _DIGEST not in position:
            return {}
        return {ask: position[name] for name, (_, ask) in _VALIDATORS.items() if name in position}

    def _validators(self, rows: Rows) -> dict[str, str]:
        """Return the position after an answer: its ETag and its time, and the digest of its rows.

        Without either it is empty: then there is nothing to ask with.
        """
        if self._source.pages is not None:
            return {}
        found = {
            name: rows.headers[header]
            for name, (header, _) in _VALIDATORS.items()
            if 0 < len(rows.headers.get(header, "")) <= _LONGEST_VALIDATOR
        }
        return {**found, _DIGEST: rows.digest} if found else {}


def _digest(*parts: str) -> str:
    return f"sha256:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()}"
