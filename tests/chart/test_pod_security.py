"""A namespace that enforces Pod Security `restricted` takes every pod of the chart."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Render = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="as it comes"),
        pytest.param({"alerts": {"tokensSecret": "alert-tokens"}}, id="with alerts"),
    ],
)
def test_pod_is_restricted(
    values: dict[str, Any], render: Render, kubectl: Run, namespace: str
) -> None:
    for pod in _pods(render(values), namespace):
        done = _create(kubectl, pod)
        assert done.stderr == ""
        assert done.returncode == 0


def test_namespace_would_refuse_another_pod(render: Render, kubectl: Run, namespace: str) -> None:
    (pod,) = _pods(render(), namespace)
    del pod["spec"]["containers"][0]["securityContext"]["capabilities"]

    assert 'violates PodSecurity "restricted:latest"' in _create(kubectl, pod).stderr


def _pods(objects: list[dict[str, Any]], namespace: str) -> list[dict[str, Any]]:
    """Return the pods that the workloads among the objects would make in a namespace."""
    pods = []
    for one in objects:
        if "template" in one.get("spec", {}):
            # The account exists once the chart is installed; here only the pod is judged.
            spec = {**one["spec"]["template"]["spec"], "serviceAccountName": "default"}
            metadata = {"name": one["metadata"]["name"], "namespace": namespace}
            pods.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    assert pods
    return pods


def _create(kubectl: Run, pod: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    namespace = f"--namespace={pod['metadata']['namespace']}"
    kubectl("wait", namespace, "--for=create", "serviceaccount/default", check=True)
    return kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
