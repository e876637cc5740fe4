"""Check that a file is UTF-8 before it is read, so that a message can name the line."""

import codecs
from pathlib import Path

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["count_lines", "count_of"]

_BLOCK_BYTES = 1 << 20


def count_lines(source: Path, name: str) -> int:
    """Return how many lines the file has, after reading it once through a decoder of UTF-8.

    Raises:
        TrainerError: SourceUnreadable, naming the line with the first byte that is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with source.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK_BYTES)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # The decoder counts from the bytes that it kept of the block before.
                line = lines + block.count(b"\n", 0, max(0, error.start - waiting)) + 1
                raise TrainerError(
                    FailureReason.SOURCE_UNREADABLE,
                    f"line {line} of {name!r} is not UTF-8 (byte 0x{error.object[error.start]:02x}"
                    "); write the file again as UTF-8, or remove it from the source",
                ) from error
            if not block:
                return lines
            lines += block.count(b"\n")


def count_of(byte: bytes, source: Path) -> int:
    """Return how often a byte occurs in the file."""
    with source.open("rb") as stream:
        return sum(block.count(byte) for block in iter(lambda: stream.read(_BLOCK_BYTES), b""))
