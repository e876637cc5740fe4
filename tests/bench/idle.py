"""From a run's creation to its Job's, when the operator has nothing else to do."""

import time
from dataclasses import dataclass

from tests.bench.figures import percentile, rounded
from tests.bench.measured import Measured
from tests.bench.objects import make_ready_namespace, named_run
from tests.bench.server import BenchServer
from tests.integration.audit import Request

__all__ = ["IdleLatency", "measure_idle"]

_NAMESPACE = "idle"
_DEADLINE_SECONDS = 30
# Long enough for the status and events that follow a Job, so that runs do not meet.
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class IdleLatency:
    """Milliseconds from the answer to the run's create to the answer to its Job's create."""

    runs: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    # The two halves, at their medians: until the Job's create arrived, and that call itself.
    before_call_p50_ms: float
    call_p50_ms: float
    cpu_ms_per_run: float


def measure_idle(server: BenchServer, operator: Measured, runs: int) -> IdleLatency:
    """Create runs one after the other."""
    make_ready_namespace(server.client, _NAMESPACE)
    operator.wait_quiet(_DEADLINE_SECONDS)
    # The first ones warm up connections and code paths; a fresh leader is measured elsewhere.
    for number in range(10):
        _one(server, operator, f"warm-{number}")
    used = operator.usage().cpu_seconds
    pairs = [_one(server, operator, f"run-{number:04}") for number in range(runs)]
    used = operator.usage().cpu_seconds - used
    totals = [(job.answered - run.answered) * 1000 for run, job in pairs]
    return IdleLatency(
        runs=runs,
        p50_ms=rounded(percentile(totals, 0.50)),
        p95_ms=rounded(percentile(totals, 0.95)),
        p99_ms=rounded(percentile(totals, 0.99)),
        before_call_p50_ms=rounded(
            percentile([(job.received - run.answered) * 1000 for run, job in pairs], 0.50)
        ),
        call_p50_ms=rounded(
            percentile([(job.answered - job.received) * 1000 for _, job in pairs], 0.50)
        ),
        cpu_ms_per_run=rounded(used * 1000 / runs),
    )


def _one(server: BenchServer, operator: Measured, name: str) -> tuple[Request, Request]:
    """Create one run; return the server's record of it and of its Job."""
    log = server.audit_from_now()
    server.client.create(named_run(_NAMESPACE, name))
    runs: list[Request] = []
    jobs: list[Request] = []

    def are_both_there(request: Request) -> bool:
        # The server may record the answer to the run after that to the Job.
        if request.has_made_job and request.run_name == name:
            jobs.append(request)
        if (request.verb, request.resource, request.name) == ("create", "trainingruns", name):
            runs.append(request)
        return bool(runs and jobs)

    what = f"TrainingRun {name} and its Job"
    log.wait_for(what, are_both_there, _DEADLINE_SECONDS, operator.check)
    time.sleep(_PAUSE_SECONDS)
    return runs[0], jobs[0]
