"""The embedded cluster runs a restricted Job, hands back its message, and resolves names."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tidewheel_dev import cluster, images

# Resolves by the pod's own resolver, so a wrong resolv.conf or a dead DNS Service fails here.
_PROGRAM = """
import json, pathlib, socket
answer = {"greeting": "hello", "address": socket.gethostbyname("kubernetes.default.svc")}
pathlib.Path("/dev/termination-log").write_text(json.dumps(answer))
"""


@pytest.fixture
def kubectl() -> Iterator[Kubectl]:
    """Yield kubectl in a namespace of its own, which is deleted afterwards."""
    images.ensure("base")
    client = Kubectl(cluster.ensure_cluster(), f"hello-{uuid.uuid4().hex[:8]}")
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": client.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
            },
        }
    )
    yield client
    client.run("delete", "namespace", client.namespace, "--wait=false")


def test_restricted_job_reports_by_its_termination_message(kubectl: Kubectl) -> None:
    kubectl.apply(_job())

    ended = "jsonpath={.status.containerStatuses[0].state.terminated}"
    kubectl.run("wait", f"--for={ended}", "pod", "-l", "job-name=hello", "--timeout=120s")

    (pod,) = json.loads(kubectl.run("get", "pods", "--output=json"))["items"]
    terminated = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert terminated["exitCode"] == 0, terminated
    service = json.loads(
        kubectl.run("get", "service", "kubernetes", "--namespace=default", "--output=json")
    )
    assert json.loads(terminated["message"]) == {
        "greeting": "hello",
        "address": service["spec"]["clusterIP"],
    }


class Kubectl:
    """kubectl for one namespace of one cluster."""

    def __init__(self, handle: cluster.ClusterHandle, namespace: str) -> None:
        self.namespace = namespace
        self._argv = [str(handle.kubectl), f"--kubeconfig={handle.kubeconfig}"]

    def run(self, *words: str, text: str | None = None) -> str:
        """Run kubectl and return what it printed; fail with what it complained about."""
        scope = [] if any(word.startswith("--namespace") for word in words) else ["-n"]
        argv = [*self._argv, *words, *([*scope, self.namespace] if scope else [])]
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, body: dict[str, Any]) -> None:
        """Create or change one object."""
        self.run("apply", "--filename=-", text=json.dumps(body))


def _job() -> dict[str, Any]:
    container = {
        "name": "hello",
        "image": images.BASE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", _PROGRAM],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "hello"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
