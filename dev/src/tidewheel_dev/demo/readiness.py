"""Wait until the pods of a Deployment are ready, and say what keeps them from it."""

from __future__ import annotations

import http.client
from typing import Any

from tidewheel_dev import api, wait

__all__ = ["deployment_ready", "pod_problem"]

_INTERVAL_SECONDS = 0.3


def deployment_ready(server: api.Api, namespace: str, name: str, *, timeout_seconds: float) -> None:
    """Return when all pods of the newest template are ready.

    Raises:
        DevError: what the pods said when the time was over.
    """

    def missing() -> str | None:
        try:
            return _missing(server, namespace, name)
        except OSError as err:
            return f"the API server does not answer: {err}"

    wait.until(
        f"Deployment '{name}' in namespace '{namespace}'",
        missing,
        timeout_seconds=timeout_seconds,
        interval_seconds=_INTERVAL_SECONDS,
    )


def pod_problem(pod: dict[str, Any]) -> str | None:
    """Return what a pod that is not ready says, in one sentence."""
    status = pod.get("status", {})
    name = pod["metadata"]["name"]
    for container in status.get("containerStatuses", ()):
        for phase in ("waiting", "terminated"):
            found = container.get("state", {}).get(phase)
            if found is not None and found.get("reason") != "ContainerCreating":
                told = found.get("message") or f"{container.get('restartCount', 0)} restarts"
                return f"pod '{name}' is {phase}: {found.get('reason')}, {told}"
    for condition in status.get("conditions", ()):
        if condition["status"] != "True" and condition.get("message"):
            return f"pod '{name}': {condition['message']}"
    return None


def _missing(server: api.Api, namespace: str, name: str) -> str | None:
    try:
        found = server.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    except api.RefusedError as err:
        if err.status == http.client.NOT_FOUND:
            return "it does not exist"
        raise
    wanted, status = found["spec"]["replicas"], found.get("status", {})
    is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
    # `replicas` counts pods of older templates too: one of those may still be ending.
    counts = [status.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "replicas")]
    if is_seen and counts == [wanted] * 3:
        return None
    selector = ",".join(f"{k}%3D{v}" for k, v in found["spec"]["selector"]["matchLabels"].items())
    pods = server.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")["items"]
    problems = [problem for pod in pods if (problem := pod_problem(pod)) is not None]
    return "; ".join([f"{counts[1]} of {wanted} pods are ready", *problems])
