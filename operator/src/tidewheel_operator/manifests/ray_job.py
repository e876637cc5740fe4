"""RayJobs of KubeRay: the pods of a search as workers of a Ray cluster that lives as long."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.job import RAY_ENTRYPOINT
from tidewheel_operator.manifests.names import shortened
from tidewheel_operator.manifests.pod import container_resources

__all__ = ["on_ray"]

Object = dict[str, Any]

# KubeRay refuses longer ones: it makes names of Services of them.
_LONGEST_NAME = 47
# What KubeRay asks for tokens and for probes without wget; any later release has both.
_LEAST_RAY_VERSION = "2.53.0"
# Scheduler, dashboard and driver; no trial runs there.
_HEAD = Resources(cpu_milli=500, memory="2Gi")
_SUBMITTER = Resources(cpu_milli=100, memory="512Mi")
# Ray's own processes beside a part of the trials.
_RAY_OVERHEAD_MEBIBYTES = 1024
_MEBIBYTES = {"Mi": 1, "Gi": 1024}
# The least that Ray takes; all that goes through it are messages of four kilobytes.
_OBJECT_STORE_BYTES = "78643200"
# Ray would start a part that ran out of memory again without end, and tell its makers of each use.
_SETTINGS = {
    "HOME": "/tmp",  # noqa: S108 - the pod's own emptyDir
    "RAY_task_oom_retries": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}
# A pod that was lost is replaced, and finds the job that it submitted.
_SUBMITTER_RETRIES = 2


def on_ray(job: Object, workers: int, resources: Resources) -> Object:
    """Return a Job of ours as a RayJob: what its pod does, each of so many workers does.

    Every pod has the request, by which the operator knows the RayJob again; only workers open the
    store.

    Args:
        job: as `program_job` makes it, with all that its pod is to have.
        workers: how many workers there are.
        resources: what the program in each of them gets.
    """
    name = shortened(job["metadata"]["name"], _LONGEST_NAME)
    template = _of_ray_job(job["spec"]["template"], name)
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {**job["metadata"], "name": name},
        "spec": {
            "suspend": job["spec"].get("suspend", False),
            "activeDeadlineSeconds": job["spec"]["activeDeadlineSeconds"],
            # The run counts its attempts itself; the trials in the store outlive them.
            "backoffLimit": 0,
            "shutdownAfterJobFinishes": True,
            "submissionMode": "K8sJobMode",
            "entrypoint": RAY_ENTRYPOINT,
            "submitterConfig": {"backoffLimit": _SUBMITTER_RETRIES},
            "submitterPodTemplate": _submitter(template, job["spec"]["activeDeadlineSeconds"]),
            "rayClusterSpec": {
                "rayVersion": _LEAST_RAY_VERSION,
                # Or whoever reaches the cluster's ports could run programs in it.
                "authOptions": {"mode": "token"},
                "headGroupSpec": _head(template),
                "workerGroupSpecs": [_workers(template, workers, resources)],
            },
        },
    }


def _of_ray_job(template: Object, name: str) -> Object:
    """Return a pod template whose command is KubeRay's to write, and that it may start again."""
    metadata = template["metadata"]
    metadata = {**metadata, "labels": {**metadata["labels"], labels.RAY_JOB: name}}
    pod = {key: part for key, part in template["spec"].items() if key != "restartPolicy"}
    pod.pop("shareProcessNamespace", None)
    [container] = pod["containers"]
    container = {key: part for key, part in container.items() if key != "args"}
    settings = [{"name": name, "value": value} for name, value in _SETTINGS.items()]
    container["env"] = [*container["env"], *settings]
    return {"metadata": metadata, "spec": {**pod, "containers": [container]}}


def _head(template: Object) -> Object:
    return {
        "rayStartParams": {
            "dashboard-host": "0.0.0.0",  # noqa: S104 - a pod's own address
            "num-cpus": "0",
            "object-store-memory": _OBJECT_STORE_BYTES,
        },
        "template": _with(_plain(template), resources=container_resources(_HEAD)),
    }


def _workers(template: Object, count: int, resources: Resources) -> Object:
    amount, unit = int(resources.memory[:-2]), resources.memory[-2:]
    memory = f"{amount * _MEBIBYTES[unit] + _RAY_OVERHEAD_MEBIBYTES}Mi"
    asked = resources.model_copy(update={"memory": memory})
    return {
        "groupName": "trials",
        "replicas": count,
        "minReplicas": count,
        "maxReplicas": count,
        # One part of the trials for each worker, which shares its processors among its threads.
        "rayStartParams": {"num-cpus": "1", "object-store-memory": _OBJECT_STORE_BYTES},
        "template": _with(template, resources=container_resources(asked)),
    }


def _submitter(template: Object, deadline_seconds: int) -> Object:
    """Return the pod that submits: KubeRay leaves it at work when the RayJob's deadline passes."""
    submitter = _with(
        _plain(template),
        resources=container_resources(_SUBMITTER),
        # KubeRay writes a command of its own where there is none.
        command=["python", "-m", "tidewheel_trainer"],
        args=["ray-submit"],
    )
    ending = {"restartPolicy": "Never", "activeDeadlineSeconds": deadline_seconds}
    return {**submitter, "spec": {**submitter["spec"], **ending}}


def _plain(template: Object) -> Object:
    """Return a template whose pod knows the request and nothing that opens anything."""
    pod = template["spec"]
    [container] = pod["containers"]
    kept = {"request", "tmp"}
    return {
        **template,
        "spec": {
            **pod,
            "containers": [
                {
                    **container,
                    "env": [item for item in container["env"] if item["name"] in _SETTINGS],
                    "volumeMounts": [
                        mount for mount in container["volumeMounts"] if mount["name"] in kept
                    ],
                }
            ],
            "volumes": [volume for volume in pod["volumes"] if volume["name"] in kept],
        },
    }


def _with(template: Object, **fields: object) -> Object:
    pod = template["spec"]
    [container] = pod["containers"]
    return {**template, "spec": {**pod, "containers": [{**container, **fields}]}}
