"""A real API server takes every object of the chart, and `restricted` every pod."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]
Render = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def pod(render: Render, namespace: str) -> dict[str, Any]:
    """Return the pod that the operator's Deployment makes, in a namespace that is restricted."""
    return _pod(render({"alerts": {"tokensSecret": "alert-tokens"}}), namespace)


@pytest.mark.parametrize(
    "values", [{}, {"alerts": {"tokensSecret": "alert-tokens"}, "crds": {"keep": False}}]
)
def test_objects_are_accepted(
    values: dict[str, Any], template: Run, kubectl: Run, namespace: str
) -> None:
    rendered = template({**values, "watchNamespaces": [namespace]}, f"--namespace={namespace}")

    done = kubectl(
        *["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"],
        stdin=rendered.stdout,
    )

    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(list(yaml.safe_load_all(rendered.stdout)))


def test_election_right_reaches_one_lease(template: Run, kubectl: Run, namespace: str) -> None:
    rendered = template({"watchNamespaces": [namespace]}, f"--namespace={namespace}")
    election = [
        one
        for one in yaml.safe_load_all(rendered.stdout)
        if one["metadata"]["name"].endswith("-election")
    ]
    kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(election), check=True)
    expected = {
        "get leases/tidewheel-operator": "yes",
        "update leases/tidewheel-operator": "yes",
        "create leases": "yes",
        "update leases/other": "no",
        "delete leases/tidewheel-operator": "no",
        "list leases": "no",
    }

    account = f"--as=system:serviceaccount:{namespace}:tidewheel"
    answers = {
        what: kubectl("auth", "can-i", *what.split(), account, f"--namespace={namespace}").stdout
        for what in expected
    }

    assert {what: answer.strip() for what, answer in answers.items()} == expected


def test_pod_is_restricted(pod: dict[str, Any], kubectl: Run) -> None:
    assert _create(kubectl, pod).stderr == ""


def test_namespace_would_refuse_another_pod(pod: dict[str, Any], kubectl: Run) -> None:
    del pod["spec"]["containers"][0]["securityContext"]["capabilities"]

    assert 'violates PodSecurity "restricted:latest"' in _create(kubectl, pod).stderr


def _pod(objects: list[dict[str, Any]], namespace: str) -> dict[str, Any]:
    (template,) = [one["spec"]["template"] for one in objects if one["kind"] == "Deployment"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "operator", "namespace": namespace},
        # The chart's own account exists once the chart is installed; here only the pod is judged.
        "spec": {**template["spec"], "serviceAccountName": "default"},
    }


def _create(kubectl: Run, pod: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    namespace = f"--namespace={pod['metadata']['namespace']}"
    kubectl("wait", namespace, "--for=create", "serviceaccount/default", check=True)
    return kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
