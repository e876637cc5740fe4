"""RayJobs of runs, as KubeRay leaves them, and the pods that work for them."""

from typing import Any

from tests.builders import Object
from tests.unit.operator.observations import job_pod, observed, search_job

from tidewheel_contracts import labels
from tidewheel_operator.manifests.ray_job import on_ray
from tidewheel_operator.policies.ray_job import as_job

__all__ = ["followed", "ray_job", "ray_pod"]


def ray_job(run: Object, **status: Any) -> Object:
    """Return the RayJob of a run's search in a status."""
    spec = observed(run).spec
    job = search_job(run)
    made = on_ray(job, spec.search.parallelism, spec.resources)
    return {**made, "status": status}


def followed(run: Object, **status: Any) -> Object:
    """Return that RayJob in the words of a Job."""
    return as_job(ray_job(run, **status))


def ray_pod(job: Object, state: Object, owner: str, name: str) -> Object:
    """Return a pod that works for a RayJob, controlled by a Job or a RayCluster."""
    template = {
        "metadata": {"labels": {labels.RAY_JOB: job["metadata"]["name"]}},
        "spec": {"containers": [{"name": "main", "image": "registry.test/trainer:1"}]},
    }
    pod = job_pod({**job, "spec": {"template": template}}, state, name=name)
    [reference] = pod["metadata"]["ownerReferences"]
    owners = [{**reference, "kind": owner}]
    return {**pod, "metadata": {**pod["metadata"], "ownerReferences": owners}}
