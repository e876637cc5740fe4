"""The operator under measurement: a process of its own, with its own account of CPU and memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.server import BenchServer
from tests.bench.usage import Usage, usage_of
from tests.integration.operator_process import OperatorProcess

from tidewheel_dev import errors, wait

__all__ = ["Measured", "running_operator"]

# Leases need a namespace; nothing else is in it.
LEASE_NAMESPACE = "kube-system"
_LEAD_SECONDS = 30
_QUIET_SECONDS = 1.0
# Renewing a Lease and answering /metrics is all that a quiet operator does in a second.
_QUIET_CPU_SECONDS = 0.05
_API_CALLS = "tidewheel_api_calls_total{"


@dataclass
class Measured:
    """A running operator; everything it did is counted from its start."""

    process: OperatorProcess
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self.process.child is not None
        return self.process.child.pid

    def usage(self) -> Usage:
        """Return what it has used."""
        self.check()
        return usage_of(self.pid)

    def check(self) -> None:
        """Say so when it has ended: nothing that is waited for will come.

        Raises:
            DevError: it has ended.
        """
        assert self.process.child is not None
        if self.process.child.poll() is not None:
            raise errors.DevError(f"the operator has ended: {self.process.log()[-3000:]}")

    def wait_leading(self) -> None:
        """Wait until its cache is filled and it leads."""
        self.process.wait_ready()

        def missing() -> str | None:
            self.check()
            leads = self.process.metric("tidewheel_leader") == 1
            return None if leads else f"it does not lead; log: {self.process.log()[-1500:]}"

        wait.until("the operator to lead", missing, timeout_seconds=_LEAD_SECONDS)

    def wait_quiet(self, timeout_seconds: float) -> float:
        """Wait until nothing is queued and it is at rest; return when that began (monotonic)."""
        began, cpu = time.monotonic(), self.usage().cpu_seconds
        found: list[float] = []

        def missing() -> str | None:
            nonlocal began, cpu
            now, used = time.monotonic(), self.usage().cpu_seconds
            is_busy = used - cpu > _QUIET_CPU_SECONDS
            if is_busy or (now - began >= _QUIET_SECONDS and self._queued() != 0):
                began, cpu = now, used
                return "it works"
            found[:] = [began]
            return None if now - began >= _QUIET_SECONDS else "it has worked a moment ago"

        wait.until("the operator to be quiet", missing, timeout_seconds=timeout_seconds)
        return found[0]

    def api_calls(self) -> dict[str, int]:
        """Return its calls to the API server by verb; watches and their first lists are kopf's."""
        _, text = self.process.get("/metrics")
        counts: dict[str, int] = {}
        for line in text.splitlines():
            if line.startswith(_API_CALLS):
                verb = line.partition('verb="')[2].partition('"')[0]
                counts[verb] = counts.get(verb, 0) + int(float(line.rpartition(" ")[2]))
        return counts

    def _queued(self) -> float | None:
        return self.process.metric("tidewheel_queue_depth")


@contextmanager
def running_operator(
    server: BenchServer, checkout: Path | None, name: str = "operator-0"
) -> Iterator[Measured]:
    """Start an operator that watches all namespaces, and end it."""
    process = OperatorProcess(
        kubeconfig=server.local.kubeconfig,
        folder=server.folder,
        namespace=LEASE_NAMESPACE,
        environment={"TIDEWHEEL_WATCH_NAMESPACES": "", **_sources(checkout)},
        name=name,
    )
    process.start()
    try:
        yield Measured(process)
    finally:
        process.stop()


def _sources(checkout: Path | None) -> dict[str, str]:
    """Return where Python finds another checkout's operator, to compare it with this one's."""
    if checkout is None:
        return {}
    return {"PYTHONPATH": f"{checkout / 'contracts/src'}:{checkout / 'operator/src'}"}
