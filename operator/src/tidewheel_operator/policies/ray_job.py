"""RayJobs in the words of Jobs, so that one set of rules follows both.

`jobDeploymentStatus` tells whether KubeRay has come to an end, `jobStatus` how the program did.
What the program said lies in the pod that submitted it, as with a Job.
"""

from collections.abc import Iterable
from typing import Any

from tidewheel_operator.policies.pod_state import has_run_out_of_memory

__all__ = ["as_job", "killed_workers", "pods_of_ray_job"]

Object = dict[str, Any]

_ENDED = frozenset({"Complete", "Failed", "ValidationFailed"})
# KubeRay's label of the pods of a cluster.
_NODE_TYPE = "ray.io/node-type"
# Who counts them knows how many a search has.
_MOST_WORKERS = 64
_WORDS = {
    "SubmissionFailed": "KubeRay could not hand the search to its Ray cluster",
    "DeadlineExceeded": "the RayJob was active longer than specified deadline",
    "ValidationFailed": "KubeRay refuses the RayJob",
}


def as_job(ray_job: Object) -> Object:
    """Return a RayJob with the spec and status that a Job at the same point would have.

    It stays a RayJob by kind and name. One that succeeded counts as all of its pods: its program
    ends well when every part of the trials has ended, and one of them did well.
    """
    spec = ray_job.get("spec") or {}
    submitter = (spec.get("submitterPodTemplate") or {}).get("metadata") or {}
    annotations = submitter.get("annotations") or {}
    return {
        **ray_job,
        "spec": {
            "suspend": bool(spec.get("suspend")),
            "template": {"metadata": {"annotations": annotations}},
        },
        "status": _status(ray_job.get("status") or {}),
    }


def pods_of_ray_job(ray_job: Object, pods: Iterable[Object]) -> tuple[Object, ...]:
    """Return the pods that speak for a RayJob, of those that name it.

    Once it has ended only those that submitted it do: the others were taken away with the cluster,
    and how they ended says nothing.
    """
    named = tuple(pods)
    if _ending(ray_job.get("status") or {}) is None:
        return named
    return tuple(pod for pod in named if _is_submitter(pod))


def killed_workers(pods: Iterable[Object]) -> int:
    """Return how many of the pods are workers of a Ray cluster that were killed for memory."""
    return sum(
        (pod["metadata"].get("labels") or {}).get(_NODE_TYPE) == "worker"
        and has_run_out_of_memory(pod)
        for pod in pods
    )


def _is_submitter(pod: Object) -> bool:
    owners = pod["metadata"].get("ownerReferences") or ()
    return any(owner.get("controller") and owner["kind"] == "Job" for owner in owners)


def _status(status: Object) -> Object:
    ending = _ending(status)
    if ending is None:
        return {}
    if ending["type"] == "Complete":
        return {"conditions": [ending], "succeeded": _MOST_WORKERS, "completedIndexes": "0"}
    return {"conditions": [ending]}


def _ending(status: Object) -> Object | None:
    deployment = status.get("jobDeploymentStatus")
    if deployment not in _ENDED:
        return None
    if deployment == "Complete" and status.get("jobStatus") == "SUCCEEDED":
        return {"type": "Complete", "status": "True"}
    reason = status.get("reason") or "JobFailed"
    said = (status.get("message") or "").strip()
    words = _WORDS.get(reason, "the Ray cluster could not do the search")
    return {
        "type": "Failed",
        "status": "True",
        "reason": reason,
        "message": f"{words}: {said[-1500:]}" if said else words,
    }
