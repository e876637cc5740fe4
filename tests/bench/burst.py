"""Many runs at once: how long until the last has its Job, and what each costs the operator."""

from dataclasses import dataclass

from tests.bench.figures import per_object, rounded
from tests.bench.measured import Measured
from tests.bench.objects import make_ready_namespace, named_run
from tests.bench.server import BenchServer
from tests.integration.audit import Request

__all__ = ["Burst", "measure_burst"]

_NAMESPACE = "burst"
_DEADLINE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Burst:
    """Seconds from the answer to the first run's create to the answer to the last Job's."""

    runs: int
    seconds: float
    # How long the bench's own client took to create the runs: less than `seconds` goes to waiting.
    client_seconds: float
    until_quiet_seconds: float
    cpu_ms_per_object: float
    system_cpu_ms_per_object: float
    # What API server and etcd used for it, the creates by the bench's client included.
    server_cpu_ms_per_object: float
    api_calls_per_object: dict[str, float]


def measure_burst(server: BenchServer, operator: Measured, runs: int) -> Burst:
    """Create runs as fast as can be, and wait until the operator has dealt with them."""
    make_ready_namespace(server.client, _NAMESPACE)
    operator.wait_quiet(_DEADLINE_SECONDS)
    calls, usage, server_cpu = operator.api_calls(), operator.usage(), server.cpu_seconds()
    log = server.audit_from_now()
    items = [named_run(_NAMESPACE, f"run-{number:05}") for number in range(runs)]
    client_seconds = server.client.create(*items)
    jobs = 0

    def is_last_job(request: Request) -> bool:
        nonlocal jobs
        jobs += request.has_made_job and request.namespace == _NAMESPACE
        return jobs == runs

    seen = log.wait_for(f"{runs} Jobs", is_last_job, _DEADLINE_SECONDS, operator.check)
    first = min(
        request.answered
        for request in seen
        if (request.verb, request.resource) == ("create", "trainingruns")
    )
    operator.wait_quiet(_DEADLINE_SECONDS)
    after = operator.usage()
    work = [request for request in (*seen, *log.read()) if request.agent.startswith("tidewheel-op")]
    return Burst(
        runs=runs,
        seconds=rounded(seen[-1].answered - first),
        client_seconds=rounded(client_seconds),
        until_quiet_seconds=rounded(max(request.answered for request in work) - first),
        cpu_ms_per_object=rounded((after.cpu_seconds - usage.cpu_seconds) * 1000 / runs),
        system_cpu_ms_per_object=rounded(
            (after.system_seconds - usage.system_seconds) * 1000 / runs
        ),
        server_cpu_ms_per_object=rounded((server.cpu_seconds() - server_cpu) * 1000 / runs),
        api_calls_per_object=per_object(calls, operator.api_calls(), runs),
    )
