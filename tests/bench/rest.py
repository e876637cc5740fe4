"""Nothing changes, so nothing may be written: a minute of a settled operator."""

import time
from dataclasses import dataclass

from tests.bench.figures import rounded
from tests.bench.measured import Measured
from tests.bench.server import BenchServer
from tests.integration.audit import is_work_of_operator

__all__ = ["Rest", "measure_rest"]


@dataclass(frozen=True, slots=True)
class Rest:
    """What was written and used in the time; renewals of the Lease are not counted as writes."""

    seconds: float
    writes: int
    lease_renewals: int
    cpu_ms: float
    rss_mb: float


def measure_rest(server: BenchServer, operator: Measured, seconds: float) -> Rest:
    """Watch a settled operator do nothing."""
    used = operator.usage().cpu_seconds
    log = server.audit_from_now()
    time.sleep(seconds)
    after = operator.usage()
    seen = log.read()
    return Rest(
        seconds=seconds,
        writes=sum(map(is_work_of_operator, seen)),
        lease_renewals=sum(request.resource == "leases" for request in seen),
        cpu_ms=rounded((after.cpu_seconds - used) * 1000),
        rss_mb=rounded(after.rss_mb),
    )
