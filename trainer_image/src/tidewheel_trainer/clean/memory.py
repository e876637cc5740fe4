"""How much memory DuckDB may take: what the container may use, less what Python and Arrow need."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "memory_limit_bytes"]

_CGROUPS = Path("/sys/fs/cgroup")
# Version 2 names the container's own limit here, version 1 there.
_LIMIT_FILES = ("memory.max", "memory/memory.limit_in_bytes")
# Python with its libraries, batches of rows on their way, and what DuckDB does not count. With 35 %
# a search for duplicates in 1.2 GB came within 2 % of a limit of 1 GiB.
_OTHERS_PERCENT = 50
# Version 1 tells "no limit" by a number above any real one.
_NO_LIMIT_BYTES = 1 << 50
_WITHOUT_LIMIT_BYTES = 1 << 30
_LEAST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """What a DuckDB session may use: a folder to spill to, and bytes of memory."""

    scratch: Path
    limit_bytes: int


def memory_limit_bytes(cgroups: Path = _CGROUPS) -> int:
    """Return the memory that DuckDB may use in this container; 1 GiB where nothing limits it."""
    for name in _LIMIT_FILES:
        limit = _limit(cgroups / name)
        if limit is not None:
            return max(_LEAST_BYTES, limit * (100 - _OTHERS_PERCENT) // 100)
    return _WITHOUT_LIMIT_BYTES


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() and int(text) < _NO_LIMIT_BYTES else None
