"""Messages of Kafka and NATS JetStream: each collection reads those since the one before.

A stream forgets. What is read once lies in the snapshot's pieces, and what a stream deleted before
it was read is missing for good: `notes` tells of that.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tidewheel_contracts.api.v1alpha1.source_streams import StreamSource
from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.connector import Connector, Context, Look, Piece
from tidewheel_trainer.sources.files import land_json_lines
from tidewheel_trainer.sources.retrying import DEADLINE_SECONDS
from tidewheel_trainer.sources.stream_messages import Message, write_lines
from tidewheel_trainer.sources.stream_ranges import (
    Extent,
    Range,
    fingerprint_of,
    key_of,
    news_since,
)

__all__ = ["MessageLog", "StreamConnector", "open_stream"]

_LOG = logging.getLogger(__name__)


class MessageLog(Protocol):
    """One topic or stream at a server."""

    # As a person calls it in a sentence: "topic 'trips'".
    name: str
    # What it is and where, for the fingerprint.
    identity: tuple[str, ...]

    def extents(self) -> tuple[str, tuple[Extent, ...]]:
        """Return which incarnation of the stream it is ("" if unknown), and what it holds."""
        ...

    def read(self, part: Range, notes: list[str]) -> Iterator[Sequence[Message]]:
        """Give the messages of a range, in order, a batch at a time; add what is missing to notes.

        Deleted messages are left out.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class StreamConnector:
    """A stream as a source. `new_rows` of a look is an upper bound.

    Offsets count also what is no row: markers of transactions, messages that were compacted away,
    and tombstones.
    """

    is_repeatable = False
    has_documents = True

    def __init__(self, log: MessageLog, time_column: str | None, scratch: Path) -> None:
        """Keep what is read, and where lines go on their way."""
        self._log = log
        self._time_column = time_column
        self._scratch = scratch
        self._is_closed = False
        self._ranges: dict[str, tuple[str, tuple[Range, ...]]] = {}
        # What a person must know of rows that are missing.
        self.notes: Sequence[str] = ()

    def look(self, position: Mapping[str, str]) -> Look:
        """Compare the ends of the stream with the position."""
        incarnation, extents = self._log.extents()
        news = news_since(position, self._log.name, incarnation, extents)
        self._note(news.notes)
        fingerprint = fingerprint_of(self._log.identity, news.position)
        pieces: tuple[Piece, ...] = ()
        if news.ranges:
            key = key_of(incarnation, news.ranges)
            self._ranges[key] = (incarnation, news.ranges)
            pieces = (Piece(key, fingerprint),)
        return Look(
            pieces,
            fingerprint,
            news.position,
            sum(part.stop - part.start for part in news.ranges),
        )

    def land(self, piece: Piece, target: Path) -> None:
        """Read exactly the ranges that the look named, by partition and offset."""
        incarnation, ranges = self._ranges[piece.key]
        name = f"the messages of {self._log.name}"
        rows = skipped = 0
        missing: list[str] = []
        with TemporaryDirectory(dir=self._scratch) as folder:
            lines = Path(folder) / "messages.jsonl"
            with lines.open("wb") as file:
                for part in ranges:
                    for batch in self._log.read(part, missing):
                        counts = write_lines(batch, file, self._log.name, self._time_column)
                        rows, skipped = rows + counts[0], skipped + counts[1]
            self._check_same(incarnation)
            land_json_lines(lines, target, name)
        _LOG.info("%s: %d rows, %d tombstones skipped", self._log.name, rows, skipped)
        self._note(missing)

    def close(self) -> None:
        """Give back connections; nothing happens the second time."""
        if not self._is_closed:
            self._is_closed = True
            self._log.close()

    def _check_same(self, incarnation: str) -> None:
        """Refuse what was read of a stream that was deleted and made again meanwhile."""
        if self._log.extents()[0] != incarnation:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"{self._log.name} was deleted and made again while it was read; the next "
                "collection reads the new one",
            )

    def _note(self, notes: Sequence[str]) -> None:
        for note in notes:
            _LOG.warning("%s", note)
        self.notes = (*self.notes, *notes)


def open_stream(
    source: StreamSource, context: Context, deadline_seconds: float = DEADLINE_SECONDS
) -> Connector:
    """Return the connector of a topic or a stream; nothing is connected yet.

    Args:
        source: what to read.
        context: what to read it with.
        deadline_seconds: how long a server may be away.

    Raises:
        TrainerError: RequestInvalid, when neither is named; SourceRefused, when the Secret lacks a
            key.
    """
    log: MessageLog
    if source.kafka is not None:
        from tidewheel_trainer.sources.kafka import KafkaLog

        log = KafkaLog(source.kafka, context, deadline_seconds)
    elif source.nats is not None:
        from tidewheel_trainer.sources.nats import NatsLog

        log = NatsLog(source.nats, context, deadline_seconds)
    else:
        raise TrainerError(
            FailureReason.REQUEST_INVALID, "`source.stream` must name `kafka` or `nats`"
        )
    return StreamConnector(log, source.time_column, context.scratch)
