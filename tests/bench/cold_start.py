"""A fresh operator in front of many objects: what it takes until it is at rest."""

import time
from dataclasses import dataclass

from tests.bench.figures import rounded
from tests.bench.measured import Measured
from tests.bench.server import BenchServer
from tests.bench.world import count_objects

__all__ = ["ColdStart", "measure_cold_start", "rss_mb_per_10000"]

_DEADLINE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ColdStart:
    """From the start of the process to a full cache and an empty queue."""

    objects: int
    # Until the cache is filled; `seconds` is until everything was looked at, too.
    ready_seconds: float
    seconds: float
    cpu_seconds: float
    rss_mb: float
    peak_rss_mb: float
    api_calls: dict[str, int]


def measure_cold_start(server: BenchServer, operator: Measured) -> ColdStart:
    """Follow an operator that was just started until it is quiet."""
    operator.process.wait_ready()
    ready_seconds = time.monotonic() - operator.started
    operator.wait_leading()
    seconds = operator.wait_quiet(_DEADLINE_SECONDS) - operator.started
    usage = operator.usage()
    return ColdStart(
        objects=count_objects(server),
        ready_seconds=rounded(ready_seconds),
        seconds=rounded(seconds),
        cpu_seconds=rounded(usage.cpu_seconds),
        rss_mb=rounded(usage.rss_mb),
        peak_rss_mb=rounded(usage.peak_rss_mb),
        api_calls=operator.api_calls(),
    )


def rss_mb_per_10000(empty: ColdStart, full: ColdStart) -> float:
    """Return by how much ten thousand objects make the process grow."""
    growth = full.rss_mb - empty.rss_mb
    return rounded(growth * 10_000 / (full.objects - empty.objects))
