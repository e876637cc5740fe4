"""A namespace as a person and as controllers have it: apply, look, wait, and fake what became."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.builders import Object
from tests.integration.local_server import LocalServer
from tests.unit.operator.observations import as_sent, job_pod, terminated

from tidewheel_contracts.job import Failure, Wire
from tidewheel_dev import paths, wait

Run = Callable[..., subprocess.CompletedProcess[str]]

_NOW = "2026-11-21T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Lab:
    """One test's namespace on the tests' own API server."""

    namespace: str
    kubectl: Run

    def now(self) -> datetime:
        """Return the time by the clock that the API server has."""
        return datetime.now(UTC)

    def create(self, *items: Object) -> None:
        """Create objects, also those that builders give as stored elsewhere."""
        for item in items:
            bare = as_sent(item)
            bare.pop("status", None)
            bare["metadata"] = {**bare["metadata"], "namespace": self.namespace}
            self.kubectl("create", "-f", "-", stdin=json.dumps(bare), check=True)

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace and return what it printed."""
        return self.kubectl("-n", self.namespace, *arguments, stdin=stdin, check=True).stdout

    def get(self, kind: str, name: str) -> Object | None:
        """Return an object, or nothing."""
        done = self.kubectl("-n", self.namespace, "get", kind, name, "-o", "json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def the(self, kind: str, name: str) -> Object:
        """Return an object that must be there."""
        found: Object = json.loads(self.run("get", kind, name, "-o", "json"))
        return found

    def list(self, kind: str) -> list[Object]:
        """Return all objects of a kind."""
        items: list[Object] = json.loads(self.run("get", kind, "-o", "json"))["items"]
        return items

    def patch(self, kind: str, name: str, change: Object, subresource: str = "") -> None:
        """Merge a change into an object, or into its status."""
        options = (f"--subresource={subresource}",) if subresource else ()
        self.run("patch", kind, name, "--type=merge", "-p", json.dumps(change), *options)

    def wait_for(self, what: str, missing: Callable[[], str | None], seconds: float = 30) -> None:
        """Wait for any fact."""
        wait.until(what, missing, timeout_seconds=seconds, interval_seconds=0.2)

    def wait_ready(self, kind: str, name: str, reason: str, seconds: float = 30) -> Object:
        """Wait until an object's Ready condition gives a reason; return the object."""
        found: list[Object] = []

        def missing() -> str | None:
            item = self.get(kind, name)
            found[:] = [item] if item is not None else []
            told = conditions(item).get("Ready", {})
            return None if told.get("reason") == reason else f"it says {told}"

        self.wait_for(f"{kind} {name} to say {reason}", missing, seconds)
        return found[0]

    def wait_job(self, prefix: str) -> Object:
        """Wait for a Job whose name begins so and that has not ended; return it."""
        found: list[Object] = []

        def missing() -> str | None:
            found[:] = [
                job
                for job in self.list("jobs")
                if job["metadata"]["name"].startswith(prefix)
                and not job["status"].get("conditions")
            ]
            return None if found else "there is none"

        self.wait_for(f"a Job of {prefix}", missing)
        return found[0]

    def end_job(self, job: Object, message: Wire) -> None:
        """Let a Job's pod end with a message, and the Job with it."""
        exit_code = 10 if isinstance(message, Failure) else 0
        pod = job_pod(job, terminated(exit_code, message))
        self._create_pod(pod)
        name = job["metadata"]["name"]
        self.patch("job", name, {"status": ended_status(succeeded=exit_code == 0)}, "status")

    def show_pod(self, job: Object, state: Object) -> None:
        """Let a Job's pod appear in a state of its container."""
        self._create_pod(job_pod(job, state))

    def serve(self, deployment: str) -> None:
        """Let all pods of a Deployment answer."""
        item = self.the("deployment", deployment)
        replicas = item["spec"]["replicas"]
        status = {
            "observedGeneration": item["metadata"]["generation"],
            **dict.fromkeys(
                ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas
            ),
        }
        self.patch("deployment", deployment, {"status": status}, "status")

    def _create_pod(self, pod: Object) -> None:
        # As the admission plugin does that is off here; a pod with a token must name its account.
        self.create({**pod, "spec": {"serviceAccountName": "default", **pod["spec"]}})
        self.patch("pod", pod["metadata"]["name"], {"status": pod_status(pod)}, "status")


def conditions(item: Object | None) -> dict[str, Any]:
    """Return an object's conditions by type."""
    found = ((item or {}).get("status") or {}).get("conditions") or ()
    return {condition["type"]: condition for condition in found}


def pod_status(pod: Object) -> Object:
    """Return what the API server takes: it wants more fields than anybody reads."""
    status: Object = pod["status"]
    for container in status["containerStatuses"]:
        container |= {"ready": False, "restartCount": 0}
        ended = container["state"].get("terminated")
        if ended is not None:
            ended |= {"startedAt": _NOW, "finishedAt": _NOW}
    return status


def ended_status(*, succeeded: bool) -> Object:
    """Return the status of a Job that has ended, as the API server takes it."""
    first, last = ("SuccessCriteriaMet", "Complete") if succeeded else ("FailureTarget", "Failed")
    condition = {"status": "True", "lastProbeTime": _NOW, "lastTransitionTime": _NOW}
    return {
        "startTime": _NOW,
        "conditions": [{"type": first, **condition}, {"type": last, **condition}],
        **({"succeeded": 1, "completionTime": _NOW} if succeeded else {"failed": 1}),
    }


def install_kind(server: LocalServer, plural: str) -> None:
    """Install one of our kinds on a server."""
    file = paths.REPOSITORY / "crds" / f"{plural}.yaml"
    kubectl_of(server)("apply", "--server-side", f"--filename={file}", check=True)


def lab_on(server: LocalServer, namespace: str) -> Lab:
    """Make a namespace on a server and return it."""
    run = kubectl_of(server)
    run("create", "namespace", namespace, check=True)
    return Lab(namespace, run)


def kubectl_of(server: LocalServer) -> Run:
    """Return a function that runs kubectl against a server."""

    def run(
        *arguments: str, stdin: str | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [server.tools.kubectl, f"--kubeconfig={server.kubeconfig}", *arguments],
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
