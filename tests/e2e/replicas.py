"""The replicas of the installed operator, as an administrator sees them."""

import json
import os
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.lab import Object, Run

from tidewheel_dev import wait
from tidewheel_dev.demo import web
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE

_HTTP_PORT = 8080
_LABEL = "app.kubernetes.io/name=tidewheel"
_SETTLE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Replica:
    """One pod that is ready."""

    name: str
    uid: str
    address: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who leads, since when, how often that has changed, and when it ends unless renewed."""

    holder: str
    acquired: datetime
    renewed: datetime
    transitions: int
    ends: datetime


def run_kubectl(kubectl: Run, *arguments: str) -> str:
    """Run kubectl in the operator's namespace and return what it printed."""
    output: str = kubectl("-n", OPERATOR_NAMESPACE, *arguments, check=True).stdout
    return output


def ready(kubectl: Run) -> list[Replica]:
    """Return the pods that are ready and not about to end."""
    pods = json.loads(run_kubectl(kubectl, "get", "pods", "-l", _LABEL, "-o", "json"))["items"]
    return [
        Replica(pod["metadata"]["name"], pod["metadata"]["uid"], pod["status"]["podIP"])
        for pod in pods
        if _is_ready(pod)
    ]


def leader(kubectl: Run) -> Replica:
    """Wait until a replica leads, whatever the other one does, and return it."""
    found: list[Replica] = []

    def missing() -> str | None:
        found[:] = _leaders(kubectl, ready(kubectl))
        return None if found else f"'{lease(kubectl).holder}' holds the Lease and does not lead"

    wait.until("a leader", missing, timeout_seconds=_SETTLE_SECONDS)
    return found[0]


def settled(kubectl: Run) -> tuple[Replica, Replica]:
    """Wait until two replicas are ready and exactly one leads; return it and the other."""
    found: list[Replica] = []

    def missing() -> str | None:
        replicas = ready(kubectl)
        leaders = _leaders(kubectl, replicas)
        found[:] = [*leaders, *(one for one in replicas if one not in leaders)]
        if (len(leaders), len(replicas)) == (1, 2):
            return None
        return f"ready: {[one.name for one in replicas]}, leading: {[one.name for one in leaders]}"

    wait.until("a leader and its follower", missing, timeout_seconds=_SETTLE_SECONDS)
    return found[0], found[1]


def restart(kubectl: Run) -> None:
    """Replace all replicas, one after the other."""
    run_kubectl(kubectl, "rollout", "restart", "deployment/tidewheel")
    run_kubectl(kubectl, "rollout", "status", "deployment/tidewheel", "--timeout=120s")


def lease(kubectl: Run) -> Lease:
    """Return what the Lease says."""
    spec: Object = json.loads(
        run_kubectl(kubectl, "get", "lease", "tidewheel-operator", "-o", "json")
    )["spec"]
    renewed = datetime.fromisoformat(spec["renewTime"])
    return Lease(
        holder=spec.get("holderIdentity", ""),
        acquired=datetime.fromisoformat(spec["acquireTime"]),
        renewed=renewed,
        transitions=spec["leaseTransitions"],
        ends=renewed + timedelta(seconds=spec["leaseDurationSeconds"]),
    )


def leads(replica: Replica) -> bool:
    """Ask a replica's own metric whether it leads; one that does not answer does not."""
    try:
        text = web.get(f"http://{replica.address}:{_HTTP_PORT}", "/metrics").text
    except OSError:
        return False
    return "tidewheel_leader 1.0" in text.splitlines()


def readiness(replica: Replica) -> tuple[int, dict[str, Any]]:
    """Return what a replica says of itself."""
    answer = web.get(f"http://{replica.address}:{_HTTP_PORT}", "/readyz")
    return answer.status, answer.document


def kill(replica: Replica) -> None:
    """Kill the process of a replica as the kernel does, without a word; its pod stays."""
    pids = [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal() and _is_operator_of(folder, replica)
    ]
    assert len(pids) == 1, pids
    os.kill(pids[0], signal.SIGKILL)


def evict(kubectl: Run, replica: Replica) -> str:
    """Ask for a pod to leave as a drain does; return the refusal, or nothing."""
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": replica.name, "namespace": OPERATOR_NAMESPACE},
    }
    path = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/pods/{replica.name}/eviction"
    done = kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(body))
    return "" if done.returncode == 0 else done.stderr


def _leaders(kubectl: Run, replicas: list[Replica]) -> list[Replica]:
    """Return those that say that they lead; one that holds no Lease as well is a defect."""
    holder = lease(kubectl).holder
    leaders = [one for one in replicas if leads(one)]
    return leaders if [one.name for one in leaders] == [holder] else []


def _is_ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", ())
    is_ready = {"Ready": "True"}.items() <= {
        one["type"]: one["status"] for one in conditions
    }.items()
    return is_ready and "deletionTimestamp" not in pod["metadata"]


def _is_operator_of(process: Path, replica: Replica) -> bool:
    try:
        command = (process / "cmdline").read_bytes()
        cgroup = (process / "cgroup").read_text()
    except OSError:
        # It ended while we looked.
        return False
    return b"tidewheel_operator" in command and f"pod{replica.uid}" in cgroup
