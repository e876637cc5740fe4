"""One namespace is flooded: how long a run of another namespace waits for its Job."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.bench.figures import percentile, rounded
from tests.bench.measured import Measured
from tests.bench.objects import make_ready_namespace, named_run
from tests.bench.server import BenchServer
from tests.integration.audit import Request

from tidewheel_dev import errors

__all__ = ["Fairness", "measure_fairness"]

_FLOODED, _CALM = "flooded", "calm"
_DEADLINE_SECONDS = 600
_PAUSE_SECONDS = 2.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Fairness:
    """Seconds from a run's create to its Job's in the calm namespace, while the other waits."""

    flood: int
    flood_seconds: float
    calm_runs: int
    calm_p50_seconds: float
    calm_worst_seconds: float


@dataclass
class _Seen:
    """When runs were created and got their Jobs, by namespace and name of the run."""

    created: dict[tuple[str, str], float] = field(default_factory=dict)
    jobs: dict[tuple[str, str], float] = field(default_factory=dict)

    def take_in(self, requests: Iterable[Request]) -> None:
        for request in requests:
            if request.has_made_job:
                self.jobs.setdefault((request.namespace, request.run_name), request.answered)
            elif (request.verb, request.resource) == ("create", "trainingruns"):
                self.created[request.namespace, request.name] = request.answered

    def served(self, namespace: str) -> int:
        return sum(place == namespace for place, _ in self.jobs)

    def waits(self, namespace: str) -> list[float]:
        return [
            self.jobs[key] - created for key, created in self.created.items() if key[0] == namespace
        ]


def measure_fairness(server: BenchServer, operator: Measured, flood: int) -> Fairness:
    """Flood one namespace with runs, and create one run after the other in a second one."""
    for namespace in (_FLOODED, _CALM):
        make_ready_namespace(server.client, namespace)
    operator.wait_quiet(_DEADLINE_SECONDS)
    items = [named_run(_FLOODED, f"run-{number:05}") for number in range(flood)]
    log, seen, calm = server.audit_from_now(), _Seen(), 0
    began = time.monotonic()
    with ThreadPoolExecutor(1) as aside:
        flooding = aside.submit(server.client.create, *items)
        while seen.served(_FLOODED) < flood or seen.served(_CALM) < calm:
            if time.monotonic() - began > _DEADLINE_SECONDS:
                told = f"{seen.served(_FLOODED)} of {flood}, {seen.served(_CALM)} of {calm}"
                raise errors.DevError(f"waited {_DEADLINE_SECONDS} s for Jobs; made are {told}")
            is_due = time.monotonic() - began > (calm + 1) * _PAUSE_SECONDS
            if is_due and seen.served(_FLOODED) < flood:
                server.client.create(named_run(_CALM, f"run-{calm}"))
                calm += 1
            operator.check()
            time.sleep(_POLL_SECONDS)
            seen.take_in(log.read())
        flooding.result()
    waits = seen.waits(_CALM)
    first = min(created for (place, _), created in seen.created.items() if place == _FLOODED)
    last = max(made for (place, _), made in seen.jobs.items() if place == _FLOODED)
    return Fairness(
        flood=flood,
        flood_seconds=rounded(last - first),
        calm_runs=calm,
        calm_p50_seconds=rounded(percentile(waits, 0.5)),
        calm_worst_seconds=rounded(max(waits)),
    )
