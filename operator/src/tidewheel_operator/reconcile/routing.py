"""Which of our objects are to be looked at when something changes."""

from collections.abc import Iterable, Iterator
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.model_version import model_of_version
from tidewheel_operator.runtime.cache import Cache, owner_of
from tidewheel_operator.runtime.fields import field_at, text_at
from tidewheel_operator.runtime.indexes import (
    ALIASES_BY_MODEL,
    APPROVALS_BY_VERSION,
    DEPLOYMENTS_BY_CHAMPION,
    DEPLOYMENTS_BY_MODEL,
    OPEN_RUNS,
    OPEN_RUNS_BY_DATASET,
    OPEN_RUNS_BY_PIPELINE,
    PIPELINES_BY_DATASET,
    PIPELINES_BY_DEPLOYMENT,
    PIPELINES_BY_MODEL,
)
from tidewheel_operator.runtime.queue import Key
from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
    DATASETS,
    DEPLOYMENTS,
    JOBS,
    MODEL_ALIASES,
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    OWN_RESOURCES,
    PODS,
    RAY_JOBS,
    SERVICES,
    TRAINING_RUNS,
    WORKLOADS,
    Resource,
)

__all__ = ["keys_of"]

Object = dict[str, Any]

_BY_KIND = {resource.kind: resource for resource in OWN_RESOURCES}
_CHILDREN = (JOBS, RAY_JOBS, DEPLOYMENTS, SERVICES, MODEL_DEPLOYMENTS, TRAINING_RUNS)
_JOB_KINDS = {resource.kind: resource for resource in (JOBS, RAY_JOBS)}


def keys_of(
    cache: Cache, resource: Resource, item: Object, before: Object | None = None
) -> Iterator[Key]:
    """Return the keys that a change of `item` makes dirty.

    `before` is the state that the same keys were made dirty for last; without it, `item` is new,
    or gone, or all who depend on it shall look at it.
    """
    if resource in OWN_RESOURCES:
        yield _key(resource, item)
    if resource in _CHILDREN:
        yield from _owner_keys(item)
        if before is not None and owner_of(before) != owner_of(item):
            # Somebody took the ownerReference away, and the owner misses its child.
            yield from _owner_keys(before)
    if resource == PODS:
        yield from _pod_keys(cache, item)
    elif resource == WORKLOADS:
        yield from _job_keys(cache, item)
    elif resource == ARTIFACT_STORES:
        yield from _store_keys(cache, item, before)
    elif resource == DATASETS:
        yield from _dataset_keys(cache, item, before)
    elif resource == TRAINING_RUNS:
        yield from _named(MODEL_PIPELINES, item, text_at(item, "spec", "pipelineName"))
    elif resource == MODEL_VERSIONS:
        yield from _version_keys(cache, item, before)
    elif resource == MODEL_APPROVALS:
        yield from _approval_keys(cache, item, before)
    elif resource == MODEL_ALIASES:
        yield from _alias_keys(cache, item, before)
    elif resource == MODEL_DEPLOYMENTS:
        yield from _deployment_keys(cache, item, before)
    elif resource == MODEL_PIPELINES:
        namespace, name = _place(item)
        yield from _keys(TRAINING_RUNS, cache.find(OPEN_RUNS_BY_PIPELINE, namespace, name))


def _place(item: Object) -> tuple[str, str]:
    metadata = item["metadata"]
    return metadata["namespace"], metadata["name"]


def _key(resource: Resource, item: Object) -> Key:
    return Key(resource.plural, *_place(item))


def _keys(resource: Resource, items: Iterable[Object]) -> Iterator[Key]:
    for item in items:
        yield _key(resource, item)


def _named(resource: Resource, item: Object, name: str | None) -> Iterator[Key]:
    if name:
        yield Key(resource.plural, item["metadata"]["namespace"], name)


def _owner_keys(item: Object) -> Iterator[Key]:
    owner = owner_of(item)
    if owner is not None and owner["kind"] in _BY_KIND:
        yield from _named(_BY_KIND[owner["kind"]], item, owner["name"])


def _pod_keys(cache: Cache, pod: Object) -> Iterator[Key]:
    pod_labels = pod["metadata"].get("labels") or {}
    yield from _named(MODEL_DEPLOYMENTS, pod, pod_labels.get(labels.DEPLOYMENT))
    yield from _job_keys(cache, pod)
    namespace, _ = _place(pod)
    ray_job = cache.get(RAY_JOBS, namespace, pod_labels.get(labels.RAY_JOB, ""))
    if ray_job is not None:
        yield from _owner_keys(ray_job)


def _job_keys(cache: Cache, child: Object) -> Iterator[Key]:
    """Return the owner of the Job or RayJob that a pod or a Workload of Kueue belongs to."""
    owner = owner_of(child)
    if owner is None or owner["kind"] not in _JOB_KINDS:
        return
    job = cache.get(_JOB_KINDS[owner["kind"]], child["metadata"]["namespace"], owner["name"])
    if job is not None:
        yield from _owner_keys(job)


def _store_keys(cache: Cache, store: Object, before: Object | None) -> Iterator[Key]:
    if _is_same(store, before):
        return
    namespace, _ = _place(store)
    yield from _keys(DATASETS, cache.all(DATASETS, namespace))
    yield from _keys(TRAINING_RUNS, cache.find(OPEN_RUNS, namespace, "open"))
    yield from _keys(MODEL_DEPLOYMENTS, cache.all(MODEL_DEPLOYMENTS, namespace))


def _dataset_keys(cache: Cache, dataset: Object, before: Object | None) -> Iterator[Key]:
    """A pipeline repeats what its Dataset says; a run only wants a snapshot of it."""
    namespace, name = _place(dataset)
    yield from _keys(MODEL_PIPELINES, cache.find(PIPELINES_BY_DATASET, namespace, name))
    if _is_same(dataset, before) and _snapshot(dataset) == _snapshot(before):
        return
    yield from _keys(TRAINING_RUNS, cache.find(OPEN_RUNS_BY_DATASET, namespace, name))


def _version_keys(cache: Cache, version: Object, before: Object | None) -> Iterator[Key]:
    if _is_same(version, before):
        return
    namespace, name = _place(version)
    yield from _named(TRAINING_RUNS, version, text_at(version, "spec", "run", "name"))
    yield from _keys(MODEL_APPROVALS, cache.find(APPROVALS_BY_VERSION, namespace, name))
    model = text_at(version, "spec", "modelName")
    if model is None:
        return
    yield from _keys(MODEL_ALIASES, cache.find(ALIASES_BY_MODEL, namespace, model))
    yield from _keys(MODEL_DEPLOYMENTS, cache.find(DEPLOYMENTS_BY_MODEL, namespace, model))
    yield from _keys(MODEL_PIPELINES, cache.find(PIPELINES_BY_MODEL, namespace, model))


def _approval_keys(cache: Cache, approval: Object, before: Object | None) -> Iterator[Key]:
    """Others heed what was decided, and about which version; not how the approval tells of it."""
    if _is_same(approval, before) and _judged(approval) == _judged(before):
        return
    namespace, _ = _place(approval)
    name = text_at(approval, "spec", "modelVersionName")
    yield from _named(MODEL_VERSIONS, approval, name)
    yield from _keys(MODEL_APPROVALS, cache.find(APPROVALS_BY_VERSION, namespace, name))
    model = model_of_version(name or "")
    yield from _keys(MODEL_DEPLOYMENTS, cache.find(DEPLOYMENTS_BY_MODEL, namespace, model))


def _deployment_keys(cache: Cache, item: Object, before: Object | None) -> Iterator[Key]:
    """A version tells where it serves: it heeds who is champion, and who was."""
    namespace, name = _place(item)
    yield from _keys(MODEL_PIPELINES, cache.find(PIPELINES_BY_DEPLOYMENT, namespace, name))
    champion = DEPLOYMENTS_BY_CHAMPION.text_of(item)
    champion_before = DEPLOYMENTS_BY_CHAMPION.text_of(before or {})
    if before is None or champion != champion_before:
        yield from _named(MODEL_VERSIONS, item, champion)
        yield from _named(MODEL_VERSIONS, item, champion_before)


def _alias_keys(cache: Cache, alias: Object, before: Object | None) -> Iterator[Key]:
    if _is_same(alias, before):
        return
    namespace, _ = _place(alias)
    model = text_at(alias, "spec", "modelName")
    yield from _keys(MODEL_DEPLOYMENTS, cache.find(DEPLOYMENTS_BY_MODEL, namespace, model))


def _is_same(item: Object, before: Object | None) -> bool:
    """Tell whether two states of an object differ in nothing but status, labels and annotations."""
    if before is None:
        return False
    is_ending, was_ending = ("deletionTimestamp" in one["metadata"] for one in (item, before))
    return is_ending == was_ending and item.get("spec") == before.get("spec")


def _judged(approval: Object | None) -> object:
    found: object = field_at(approval, "status", "version")
    return found


def _snapshot(dataset: Object | None) -> object:
    found: object = field_at(dataset, "status", "snapshot")
    return found
