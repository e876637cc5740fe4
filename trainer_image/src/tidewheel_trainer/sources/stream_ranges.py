"""Which messages of a stream are new: from where the newest snapshot ends to where the stream does.

A position names for each partition the offset that the next read begins with, and which stream it
is of: a topic that was deleted and made again has the same name and other messages.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["INCARNATION", "Extent", "News", "Range", "fingerprint_of", "key_of", "news_since"]

# Beside the partitions' names in a position.
INCARNATION = "incarnation"


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition holds.

    Args:
        partition: its name.
        first: offset of the earliest message that is kept.
        end: offset after the newest message.
        newest: offset after the newest message that is asked for; None where that is `end`.
    """

    partition: str
    first: int
    end: int
    newest: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Messages of a partition, from one offset to before another."""

    partition: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class News:
    """What is to be read, the position after it, and what a person must know."""

    ranges: tuple[Range, ...]
    position: Mapping[str, str]
    notes: tuple[str, ...]


def news_since(
    position: Mapping[str, str], name: str, incarnation: str, extents: Iterable[Extent]
) -> News:
    """Compare a stream with the position of the newest snapshot; {} is before the first look.

    Raises:
        TrainerError: SourceUnreadable, when offsets went back at a server that cannot tell whether
            the stream is another one.
    """
    known = {key: int(value) for key, value in position.items() if key != INCARNATION}
    notes: list[str] = []
    if known and position.get(INCARNATION, "") != incarnation:
        notes.append(
            f"{name} was deleted and made again since the newest snapshot; all messages that it "
            "holds now are read as new ones, and what it held before and was not read is lost"
        )
        known = {}
    ranges: list[Range] = []
    after: dict[str, str] = {}
    for extent in extents:
        start = _start(known.get(extent.partition), extent, name, incarnation, notes)
        stop = max(start, extent.end if extent.newest is None else extent.newest)
        if stop > start:
            ranges.append(Range(extent.partition, start, stop))
        after[extent.partition] = str(stop)
    if incarnation:
        after[INCARNATION] = incarnation
    return News(tuple(ranges), dict(sorted(after.items())), tuple(notes))


def fingerprint_of(identity: Iterable[str], position: Mapping[str, str]) -> str:
    """Return a digest of where a stream is and of how far it goes."""
    digest = hashlib.sha256()
    for text in (*identity, *(f"{name}={position[name]}" for name in sorted(position))):
        digest.update(len(text.encode()).to_bytes(8, "big") + text.encode())
    return f"sha256:{digest.hexdigest()}"


def key_of(incarnation: str, ranges: Iterable[Range]) -> str:
    """Return the key of a piece: no other piece of the stream, nor of its namesakes, has it."""
    parts = [f"{part.partition}:{part.start}-{part.stop}" for part in ranges]
    return ",".join([*([incarnation] if incarnation else []), *parts])


def _start(known: int | None, extent: Extent, name: str, incarnation: str, notes: list[str]) -> int:
    """Return the offset that reading begins with."""
    if known is None:
        return extent.first
    place = f"partition {extent.partition} of {name}"
    if known > extent.end:
        if not incarnation:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"{place} ends at offset {extent.end}, but the newest snapshot was read up to "
                f"{known}: the topic was deleted and made again; make a new Dataset for it",
            )
        notes.append(
            f"{place} ends at offset {extent.end}, but the newest snapshot was read up to {known}: "
            "the server lost messages that the snapshot has; reading goes on after those it kept"
        )
        return extent.end
    if known < extent.first:
        notes.append(
            f"up to {extent.first - known} messages of {place} (offsets {known} to "
            f"{extent.first - 1}) were deleted before they were read; keep messages for longer "
            "than the Dataset's refresh interval"
        )
        return extent.first
    return known
