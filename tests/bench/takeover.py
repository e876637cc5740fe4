"""The leader ends; how long until the other replica makes a Job."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import rounded
from tests.bench.measured import Measured, running_operator
from tests.bench.objects import make_ready_namespace, named_run
from tests.bench.server import BenchServer

from tidewheel_dev import wait

__all__ = ["Takeover", "measure_takeover"]

_NAMESPACE = "takeover"
_DEADLINE_SECONDS = 60
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Takeover:
    """Seconds from the signal to the Job of a run that was created right after it; the worst."""

    kill_seconds: float
    term_seconds: float
    kill_all_seconds: tuple[float, ...]
    term_all_seconds: tuple[float, ...]


def measure_takeover(server: BenchServer, checkout: Path | None) -> Takeover:
    """End the leader of two replicas a few times, by SIGKILL and by SIGTERM."""
    make_ready_namespace(server.client, _NAMESPACE)
    killed, ended = (
        [_one(server, checkout, number, count) for count in range(_REPEATS)]
        for number in (signal.SIGKILL, signal.SIGTERM)
    )
    return Takeover(max(killed), max(ended), tuple(killed), tuple(ended))


def _one(server: BenchServer, checkout: Path | None, number: signal.Signals, count: int) -> float:
    names = [f"{number.name.lower()}-{count}-{replica}" for replica in "ab"]
    with (
        running_operator(server, checkout, names[0]) as first,
        running_operator(server, checkout, names[1]) as second,
    ):
        leader = _wait_leader((first, second))
        other = second if leader is first else first
        log = server.audit_from_now()
        signalled = time.time()
        os.kill(leader.pid, number)
        run = f"after-{names[0]}"
        server.client.create(named_run(_NAMESPACE, run))
        seen = log.wait_for(
            f"the Job of TrainingRun {run}",
            lambda request: request.has_made_job and request.run_name == run,
            _DEADLINE_SECONDS,
            other.check,
        )
        return rounded(seen[-1].answered - signalled)


def _wait_leader(replicas: Sequence[Measured]) -> Measured:
    """Wait until all caches are filled and one replica leads; return that one."""
    for replica in replicas:
        replica.process.wait_ready()
    found: list[Measured] = []

    def missing() -> str | None:
        for replica in replicas:
            replica.check()
        found[:] = [one for one in replicas if one.process.metric("tidewheel_leader") == 1]
        return None if len(found) == 1 else f"{len(found)} replicas lead"

    wait.until("one replica to lead", missing, timeout_seconds=_DEADLINE_SECONDS)
    return found[0]
