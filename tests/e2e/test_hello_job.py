"""The embedded cluster runs a restricted Job, hands back its message, and resolves names."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tidewheel_dev import images

# Resolves by the pod's own resolver, so a wrong resolv.conf or a dead DNS Service fails here.
_PROGRAM = """
import json, pathlib, socket
answer = {"greeting": "hello", "address": socket.gethostbyname("kubernetes.default.svc")}
pathlib.Path("/dev/termination-log").write_text(json.dumps(answer))
"""
_ENDED = "jsonpath={.status.containerStatuses[0].state.terminated}"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def base_image() -> str:
    """Return the base image, which is in the cluster then."""
    images.ensure("base")
    return images.BASE


def test_restricted_job_reports_by_its_termination_message(
    kubectl: Run, namespace: str, base_image: str
) -> None:
    job = json.dumps(_job(base_image))

    kubectl("create", "-n", namespace, "-f", "-", stdin=job, check=True)
    wait = ["wait", "-n", namespace, "pod", "-l", "job-name=hello", "--timeout=120s"]
    kubectl(*wait, f"--for={_ENDED}", check=True)

    pods = kubectl("get", "pods", "-n", namespace, "-o", "json", check=True)
    (pod,) = json.loads(pods.stdout)["items"]
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 0, ended
    api = kubectl("get", "service", "kubernetes", "-n", "default", "-o", "json", check=True)
    address = json.loads(api.stdout)["spec"]["clusterIP"]
    assert json.loads(ended["message"]) == {"greeting": "hello", "address": address}


def _job(image: str) -> dict[str, Any]:
    container = {
        "name": "hello",
        "image": image,
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
