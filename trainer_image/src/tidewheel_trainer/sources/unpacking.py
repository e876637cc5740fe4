"""Decompress a file as a stream, and stop where it grows beyond all measure."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError

__all__ = ["Limits", "is_compressed", "unpack"]

_BLOCK_BYTES = 1 << 20
_ENDINGS = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a file may grow.

    Args:
        total_bytes: at most this much, whatever the file's size.
        ratio: at most this many times its size; text of people and machines stays far below.
        free_bytes: up to here the ratio does not count, for small files of equal rows.
    """

    total_bytes: int = 64 << 30
    ratio: int = 200
    free_bytes: int = 64 << 20


_LIMITS = Limits()


def is_compressed(name: str) -> bool:
    """Say whether a file's name tells that it is compressed."""
    return name.endswith(_ENDINGS)


def unpack(source: Path, target: Path, name: str, limits: Limits = _LIMITS) -> None:
    """Write what is compressed in `source` to `target`; members and frames follow each other.

    Args:
        source: the compressed file.
        target: the file to write.
        name: what was read; its ending tells the compression.
        limits: how far it may grow.

    Raises:
        TrainerError: SourceUnreadable, when it is damaged, cut short, or grows beyond the limits.
    """
    packed = source.stat().st_size
    most = min(limits.total_bytes, max(limits.free_bytes, limits.ratio * packed))
    written = 0
    with target.open("wb") as file:
        for block in _blocks(source, name):
            written += len(block)
            if written > most:
                raise _too_large(name, packed, most)
            file.write(block)


def _blocks(source: Path, name: str) -> Iterator[bytes]:
    try:
        with _opened(source, name) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except (EOFError, OSError, zlib.error, pa.ArrowException) as error:
        raise TrainerError(
            FailureReason.SOURCE_UNREADABLE,
            f"{name!r} cannot be decompressed ({str(error)[:200]}); write it again, or remove it "
            "from the source",
        ) from error


def _opened(source: Path, name: str) -> Any:  # noqa: ANN401  pyarrow has no types
    if name.endswith(".gz"):
        return gzip.open(source, "rb")
    return pa.input_stream(str(source), compression="zstd")


def _too_large(name: str, packed: int, most: int) -> TrainerError:
    return TrainerError(
        FailureReason.SOURCE_UNREADABLE,
        f"{name!r} has {packed:,} bytes and would decompress to more than {most:,}, which no data "
        "does; write it without compression, or remove it from the source",
    )
