"""Reads that several kinds share: readable objects of a namespace, Jobs with their pods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from tidewheel_contracts import labels
from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_alias import (
    ModelAliasSpec,
    ModelAliasStatus,
    alias_object_name,
)
from tidewheel_contracts.api.v1alpha1.model_approval import ModelApprovalSpec, ModelApprovalStatus
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    ModelVersionStatus,
    version_name,
)
from tidewheel_operator.manifests.job import ProgramImage
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.observed import Observed, Unreadable, parse
from tidewheel_operator.policies.ray_job import as_job, pods_of_ray_job
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found
from tidewheel_operator.runtime.indexes import (
    ALIASES_BY_MODEL,
    APPROVALS_BY_MODEL,
    APPROVALS_BY_VERSION,
    PODS_BY_RAY_JOB,
    VERSIONS_BY_MODEL,
    Index,
)
from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
    DATASETS,
    JOBS,
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_VERSIONS,
    PODS,
    RAY_JOBS,
    WORKLOADS,
    Resource,
)

__all__ = [
    "aliases_of_model",
    "approvals_of_model",
    "approvals_of_version",
    "confirm_alias",
    "confirm_approvals",
    "confirm_versions",
    "dataset",
    "jobs_with_pods",
    "parsed",
    "ray_jobs_with_pods",
    "ray_problem",
    "readable",
    "readable_all",
    "readable_by",
    "server_image",
    "store",
    "trainer_image",
    "versions_of",
    "workloads",
]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)
Object = dict[str, Any]

_JOB_NAME_LABEL = "batch.kubernetes.io/job-name"


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A state of an object and its models; equal metadata proves less than being the same."""

    item: Object
    observed: Observed[Any, Any] | Unreadable


def readable(
    world: World,
    resource: Resource,
    namespace: str,
    name: str,
    spec: type[SpecT],
    status: type[StatusT],
) -> Observed[SpecT, StatusT] | None:
    """Return one object of ours; nothing if it is missing, unreadable or being deleted."""
    item = world.cache.get(resource, namespace, name)
    if item is None:
        return None
    observed = parsed(world, item, spec, status)
    if not isinstance(observed, Observed) or observed.metadata.is_being_deleted:
        return None
    return observed


def readable_all(
    world: World, resource: Resource, namespace: str, spec: type[SpecT], status: type[StatusT]
) -> tuple[Observed[SpecT, StatusT], ...]:
    """Return all readable objects of one of our kinds in a namespace."""
    return _readable_of(world, world.cache.all(resource, namespace), spec, status)


def readable_by(
    world: World,
    index: Index,
    namespace: str,
    text: str,
    spec: type[SpecT],
    status: type[StatusT],
) -> tuple[Observed[SpecT, StatusT], ...]:
    """Return the readable objects that an index has under a text."""
    return _readable_of(world, world.cache.find(index, namespace, text), spec, status)


def _readable_of(
    world: World, items: Iterable[Object], spec: type[SpecT], status: type[StatusT]
) -> tuple[Observed[SpecT, StatusT], ...]:
    found = (parsed(world, item, spec, status) for item in items)
    return tuple(item for item in found if isinstance(item, Observed))


def parsed(
    world: World, item: Object, spec: type[SpecT], status: type[StatusT]
) -> Observed[SpecT, StatusT] | Unreadable:
    """Return an object of the cache as models, which are made once for each of its states."""
    uid = item["metadata"]["uid"]
    note = world.cache.note(uid)
    if isinstance(note, _Parsed) and note.item is item:
        # The models are those of its kind: an object has one kind for all its life.
        return cast("Observed[SpecT, StatusT] | Unreadable", note.observed)
    observed = parse(item, spec, status)
    world.cache.take_note(uid, _Parsed(item, observed))
    return observed


def store(world: World, namespace: str) -> ArtifactStoreSpec | None:
    """Return the namespace's ArtifactStore."""
    found = readable(world, ARTIFACT_STORES, namespace, "default", ArtifactStoreSpec, Status)
    return found.spec if found is not None else None


def dataset(world: World, namespace: str, name: str) -> Observed[DatasetSpec, DatasetStatus] | None:
    """Return a Dataset."""
    return readable(world, DATASETS, namespace, name, DatasetSpec, DatasetStatus)


def versions_of(world: World, namespace: str, model: str) -> tuple[ModelVersionSpec, ...]:
    """Return the registered versions of a model, without the metrics and columns of any."""
    found = readable_by(
        world, VERSIONS_BY_MODEL, namespace, model, ModelVersionSpec, ModelVersionStatus
    )
    return tuple(item.spec for item in found if not item.metadata.is_being_deleted)


async def confirm_versions(
    world: World, namespace: str, model: str, numbers: Iterable[int | None]
) -> None:
    """Read versions that are known to have been from the server when the cache lacks them.

    That a version is missing may only be concluded from the server: an old list looks the same.
    """
    for number in numbers:
        name = version_name(model, number) if number else None
        if name is None or world.cache.get(MODEL_VERSIONS, namespace, name) is not None:
            continue
        outcome = await world.api.get(MODEL_VERSIONS, namespace, name)
        if isinstance(outcome, Found):
            world.cache.put(MODEL_VERSIONS, outcome.object)


def aliases_of_model(world: World, namespace: str, model: str) -> tuple[ModelAliasSpec, ...]:
    """Return the aliases of a model."""
    found = readable_by(world, ALIASES_BY_MODEL, namespace, model, ModelAliasSpec, ModelAliasStatus)
    return tuple(item.spec for item in found if not item.metadata.is_being_deleted)


async def confirm_alias(
    world: World, namespace: str, model: str, alias: str
) -> tuple[ModelAliasSpec, ...]:
    """Return the one alias as the server has it now, if it has it: an old list moves traffic."""
    outcome = await world.api.get(MODEL_ALIASES, namespace, alias_object_name(model, alias))
    if isinstance(outcome, Found):
        world.cache.put(MODEL_ALIASES, outcome.object)
    elif outcome.is_missing:
        return ()
    known = aliases_of_model(world, namespace, model)
    return tuple(item for item in known if item.alias == alias)


def approvals_of_version(world: World, namespace: str, version: str) -> tuple[Approval, ...]:
    """Return what was decided about a version's name."""
    return _approvals(world, world.cache.find(APPROVALS_BY_VERSION, namespace, version))


def approvals_of_model(world: World, namespace: str, model: str) -> tuple[Approval, ...]:
    """Return what was decided about the names of a model's versions."""
    return _approvals(world, world.cache.find(APPROVALS_BY_MODEL, namespace, model))


async def confirm_approvals(world: World, namespace: str, model: str) -> tuple[Approval, ...]:
    """Return what `approvals_of_model` would, as the server has it now.

    An old list lacks approvals and revocations alike, and either moves traffic.
    """
    live = await world.api.list_all(MODEL_APPROVALS, namespace)
    return _approvals(world, (item for item in live if APPROVALS_BY_MODEL.text_of(item) == model))


def _approvals(world: World, items: Iterable[Object]) -> tuple[Approval, ...]:
    found = _readable_of(world, items, ModelApprovalSpec, ModelApprovalStatus)
    return tuple(item for item in found if not item.metadata.is_being_deleted)


async def jobs_with_pods(
    world: World, owner_uid: str
) -> tuple[tuple[Object, ...], Mapping[str, tuple[Object, ...]]]:
    """Return an owner's Jobs, and their pods by the Job's uid."""
    jobs = tuple(
        job
        for job in world.cache.children(JOBS, owner_uid)
        if "deletionTimestamp" not in job["metadata"]
    )
    pods = {job["metadata"]["uid"]: await _pods_of(world, job) for job in jobs}
    return jobs, pods


def ray_problem(world: World) -> str | None:
    """Return why no RayJob can be made or seen, empty before it is known; nothing if they can."""
    if not world.settings.is_ray_used:
        return "the operator may not use KubeRay: set `rayJob.enabled` of its chart to true"
    problem = world.followed.problem(RAY_JOBS)
    if not problem:
        return problem
    return f"RayJobs cannot be read; install KubeRay 1.5 or later, and the run begins ({problem})"


async def ray_jobs_with_pods(
    world: World, owner_uid: str
) -> tuple[tuple[Object, ...], Mapping[str, tuple[Object, ...]]]:
    """Return an owner's RayJobs in the words of Jobs, and the pods that speak for them, by uid."""
    found = tuple(
        ray_job
        for ray_job in world.cache.children(RAY_JOBS, owner_uid)
        if "deletionTimestamp" not in ray_job["metadata"]
    )
    pods = {one["metadata"]["uid"]: await _pods_of_ray_job(world, one) for one in found}
    return tuple(as_job(ray_job) for ray_job in found), pods


async def _pods_of_ray_job(world: World, ray_job: Object) -> tuple[Object, ...]:
    namespace, name = ray_job["metadata"]["namespace"], ray_job["metadata"]["name"]
    pods = pods_of_ray_job(ray_job, world.cache.find(PODS_BY_RAY_JOB, namespace, name))
    if not _is_finished(as_job(ray_job)) or any(_has_ended(pod) for pod in pods):
        return pods
    for pod in await world.api.list_all(PODS, namespace, f"{labels.RAY_JOB}={name}"):
        world.cache.put(PODS, pod)
    return pods_of_ray_job(ray_job, world.cache.find(PODS_BY_RAY_JOB, namespace, name))


def workloads(world: World, jobs: Iterable[Object]) -> Mapping[str, Object]:
    """Return what Kueue has made of Jobs, by the Job's uid; nothing where it is not read."""
    found = {job["metadata"]["uid"]: _workload_of(world, job) for job in jobs}
    return {uid: workload for uid, workload in found.items() if workload is not None}


def _workload_of(world: World, job: Object) -> Object | None:
    made = world.cache.children(WORKLOADS, job["metadata"]["uid"])
    return max(made, key=lambda item: str(item["metadata"]["creationTimestamp"]), default=None)


async def _pods_of(world: World, job: Object) -> tuple[Object, ...]:
    """Return a Job's pods; the end of a Job may reach the cache before the end of its pod does."""
    metadata = job["metadata"]
    pods = world.cache.children(PODS, metadata["uid"])
    if not _is_finished(job) or any(_has_ended(pod) for pod in pods):
        return tuple(pods)
    selector = f"{_JOB_NAME_LABEL}={metadata['name']}"
    for pod in await world.api.list_all(PODS, metadata["namespace"], selector):
        world.cache.put(PODS, pod)
    return tuple(world.cache.children(PODS, metadata["uid"]))


def _is_finished(job: Object) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(
        item["type"] in ("Complete", "Failed") and item["status"] == "True" for item in conditions
    )


def _has_ended(pod: Object) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any("terminated" in (item.get("state") or {}) for item in statuses)


def trainer_image(world: World) -> ProgramImage:
    """Return the image of Jobs."""
    return ProgramImage(world.settings.trainer_image, world.settings.image_pull_policy)


def server_image(world: World) -> ProgramImage:
    """Return the image of model servers."""
    return ProgramImage(world.settings.server_image, world.settings.image_pull_policy)
