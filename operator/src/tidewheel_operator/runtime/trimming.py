"""What the cache keeps of an object: only what some rule reads, in as few bytes as possible.

What is left out looks as if it had never been set. So nothing is left out of a status that we
write: the difference to it would be written back.
"""

from collections.abc import Callable, Collection, Mapping
from sys import intern
from typing import Any

from tidewheel_contracts import labels
from tidewheel_operator.runtime.fields import object_at
from tidewheel_operator.runtime.resources import (
    DEPLOYMENTS,
    JOBS,
    MODEL_VERSIONS,
    PODS,
    RAY_JOBS,
    WORKLOADS,
    Resource,
)

__all__ = ["trimmed"]

Object = dict[str, Any]

_UNREAD_METADATA = frozenset({"managedFields", "selfLink", "generateName", "finalizers"})
# kubectl keeps a second copy of the whole object here.
_UNREAD_ANNOTATIONS = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
# Up to 16 metrics, 32 columns and a card are most of a version, and only people and programs read
# them.
_UNREAD_OF_VERSION = frozenset({"metrics", "inputColumns", "card"})
# Longer texts are digests, uids and messages, which are hardly ever twice the same.
_LONGEST_SHARED = 32


def trimmed(resource: Resource, item: Object) -> Object:
    """Return what is kept of an object; the object itself, which others hold too, is not changed.

    Equal names and short texts of all objects share their memory.
    """
    kept = {**item, "metadata": _metadata(item["metadata"])}
    shape = _SHAPES.get(resource)
    shared: Object = _shared(shape(kept) if shape is not None else kept)
    return shared


def _metadata(metadata: Object) -> Object:
    kept = _without(metadata, _UNREAD_METADATA)
    if metadata.get("annotations"):
        kept["annotations"] = _without(metadata["annotations"], _UNREAD_ANNOTATIONS)
    return kept


def _job(job: Object) -> Object:
    """A Job is created once and never compared: we read its request, if it runs, how it ended."""
    annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
    request = _only(annotations, {labels.REQUEST})
    return {
        **_without(job, {"spec", "status"}),
        "spec": {
            **_only(job["spec"], {"suspend"}),
            "template": {"metadata": {"annotations": request}},
        },
        "status": _only(job.get("status") or {}, {"conditions", "completedIndexes", "succeeded"}),
    }


def _ray_job(ray_job: Object) -> Object:
    """As of a Job; KubeRay also copies the status of the whole cluster into that of a RayJob."""
    spec, status = object_at(ray_job, "spec"), object_at(ray_job, "status")
    annotations = object_at(spec, "submitterPodTemplate", "metadata", "annotations")
    request = _only(annotations, {labels.REQUEST})
    return {
        **_without(ray_job, {"spec", "status"}),
        "spec": {
            **_only(spec, {"suspend"}),
            "submitterPodTemplate": {"metadata": {"annotations": request}},
        },
        "status": _only(status, {"jobStatus", "jobDeploymentStatus", "reason", "message"}),
    }


def _pod(pod: Object) -> Object:
    """Pods are made by others: we read whose they are, where they stand, how they ended."""
    status = pod.get("status") or {}
    scheduled = [item for item in status.get("conditions") or () if item["type"] == "PodScheduled"]
    return {
        **_without(pod, {"metadata", "spec", "status"}),
        "metadata": _without(pod["metadata"], {"annotations"}),
        "status": {**_only(status, {"containerStatuses"}), "conditions": scheduled},
    }


def _deployment(deployment: Object) -> Object:
    status = _without(deployment.get("status") or {}, {"conditions"})
    return {**deployment, "status": status}


def _workload(workload: Object) -> Object:
    """Kueue copies the whole pod template; all that we read is why it waits."""
    return {
        **_without(workload, {"spec", "status"}),
        "spec": _only(object_at(workload, "spec"), {"active"}),
        "status": _only(object_at(workload, "status"), {"conditions"}),
    }


def _version(version: Object) -> Object:
    return {**version, "spec": _without(object_at(version, "spec"), _UNREAD_OF_VERSION)}


_SHAPES: Mapping[Resource, Callable[[Object], Object]] = {
    JOBS: _job,
    PODS: _pod,
    DEPLOYMENTS: _deployment,
    MODEL_VERSIONS: _version,
    RAY_JOBS: _ray_job,
    WORKLOADS: _workload,
}


def _without(value: Object, keys: Collection[str]) -> Object:
    return {key: part for key, part in value.items() if key not in keys}


def _only(value: Object, keys: Collection[str]) -> Object:
    return {key: part for key, part in value.items() if key in keys}


def _shared(value: Any) -> Any:  # noqa: ANN401 - any JSON
    # Exact types: an answer of the API server has no others, and these are quick to tell.
    kind = type(value)
    if kind is str:
        return intern(value) if len(value) <= _LONGEST_SHARED else value
    if kind is dict:
        return {intern(key): _shared(part) for key, part in value.items()}
    if kind is list:
        return [_shared(part) for part in value]
    return value
