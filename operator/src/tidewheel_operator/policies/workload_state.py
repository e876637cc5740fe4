"""What a version's Deployment says about its pods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_operator.policies.pod_state import PodProblem, problem_of

__all__ = ["WorkloadState", "number_of", "workload_state"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """One version's pods: how many answer, whether all do, and what keeps the others from it."""

    number: int
    ready_replicas: int
    is_complete: bool
    problem: PodProblem | None = None


def number_of(item: Object) -> int | None:
    """Return the version number that an object of ours is for."""
    text = (item["metadata"].get("labels") or {}).get(labels.VERSION, "")
    return int(text) if text.isdigit() else None


def workload_state(deployment: Object, pods: Sequence[Object]) -> WorkloadState | None:
    """Return the state of a version's Deployment; nothing if it is none of a version.

    Readiness of a pod means that it answered a real prediction, so a complete Deployment can take
    traffic.
    """
    number = number_of(deployment)
    if number is None:
        return None
    spec, status = deployment["spec"], deployment.get("status") or {}
    wanted = spec.get("replicas", 1)
    is_current = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    updated, ready = status.get("updatedReplicas", 0), status.get("readyReplicas", 0)
    available = status.get("availableReplicas", 0)
    # A new pod counts as updated before it answers, while one of the template before still does.
    has_old_pods = status.get("replicas", 0) > updated
    problem = next((found for pod in pods if (found := problem_of(pod)) is not None), None)
    return WorkloadState(
        number=number,
        ready_replicas=ready,
        is_complete=is_current and not has_old_pods and min(updated, ready, available) >= wanted,
        problem=problem,
    )
