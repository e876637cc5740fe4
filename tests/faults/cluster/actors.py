"""What controllers do about what they see: the next step of a Job, a Deployment, an orphan."""

from tests.builders import Object
from tests.faults.cluster.bucket import StableBucket
from tests.faults.cluster.direct import Direct
from tests.faults.cluster.mirror import Mirror
from tests.integration.lab import ended_status, pod_status
from tests.unit.operator.observations import as_sent, job_pod, terminated

from tidewheel_contracts.job import Failure
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.resources import (
    DEPLOYMENTS,
    JOBS,
    PODS,
    RESOURCES,
    Resource,
)

__all__ = ["Actors"]


class Actors:
    """The controllers of one namespace; each call of `act` does one thing, if one is to be done."""

    def __init__(self, namespace: str, direct: Direct, mirror: Mirror) -> None:
        self.bucket = StableBucket()
        self._namespace = namespace
        self._direct = direct
        self._mirror = mirror

    async def act(self) -> bool:
        """Do the next thing; tell whether there was one."""
        for job in self._mirror.all(JOBS, self._namespace):
            if not (job.get("status") or {}).get("conditions"):
                return await self._run_job(job)
        for deployment in self._mirror.all(DEPLOYMENTS, self._namespace):
            if _is_unready(deployment):
                return await self._make_ready(deployment)
        return await self._collect_garbage()

    async def _run_job(self, job: Object) -> bool:
        """Let the pod appear, end, and the Job end, one after the other."""
        message = self.bucket.answer(job)
        exit_code = 10 if isinstance(message, Failure) else 0
        pod = job_pod(job, terminated(exit_code, message))
        known = self._mirror.find(PODS, self._namespace, pod["metadata"]["name"])
        if known is None:
            bare = as_sent(pod)
            del bare["status"]
            self._mirror.put(PODS, await self._direct.create(PODS, bare))
        elif not (known.get("status") or {}).get("containerStatuses"):
            await self._set_status(PODS, known, pod_status(pod))
        else:
            await self._set_status(JOBS, job, ended_status(succeeded=exit_code == 0))
        return True

    async def _make_ready(self, deployment: Object) -> bool:
        replicas = deployment["spec"]["replicas"]
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            **dict.fromkeys(counts, replicas),
        }
        await self._set_status(DEPLOYMENTS, deployment, status)
        return True

    async def _collect_garbage(self) -> bool:
        for resource, item in self._mirror.orphans(self._namespace):
            if await self._is_orphan(item):
                await self._direct.delete(resource, item)
                # An object with a finalizer stays for a while, and is then seen again.
                self._mirror.drop(resource, item, int(item["metadata"]["resourceVersion"]) + 1)
                return True
        return False

    async def _is_orphan(self, item: Object) -> bool:
        """Ask the server: the news of its owner may only be late."""
        owner = owner_of(item)
        assert owner is not None
        resource = next(kind for kind in RESOURCES if kind.kind == owner["kind"])
        code, answer = await self._direct.send("GET", resource.path(self._namespace, owner["name"]))
        return code == 404 or (code == 200 and answer["metadata"]["uid"] != owner["uid"])

    async def _set_status(self, resource: Resource, item: Object, status: Object) -> None:
        patched = await self._direct.patch(resource, item, {"status": status}, "status")
        if patched is not None:
            self._mirror.put(resource, patched)
        elif not await self._direct.exists(resource, item):
            self._mirror.drop(resource, item)


def _is_unready(deployment: Object) -> bool:
    status = deployment.get("status") or {}
    wanted = (deployment["metadata"]["generation"], deployment["spec"]["replicas"])
    return (status.get("observedGeneration"), status.get("readyReplicas", 0)) != wanted
