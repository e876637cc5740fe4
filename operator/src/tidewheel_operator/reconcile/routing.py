"""Which of our objects are to be looked at when something changes."""

from collections.abc import Iterator
from typing import Any

from tidewheel_contracts import labels
from tidewheel_operator.runtime.cache import Cache, owner_of
from tidewheel_operator.runtime.queue import Key
from tidewheel_operator.runtime.resources import (
    ARTIFACT_STORES,
    DATASETS,
    DEPLOYMENTS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    OWN_RESOURCES,
    PODS,
    SERVICES,
    TRAINING_RUNS,
    Resource,
)

__all__ = ["keys_of"]

Object = dict[str, Any]

_BY_KIND = {resource.kind: resource for resource in OWN_RESOURCES}
_STORE_USERS = (DATASETS, TRAINING_RUNS, MODEL_DEPLOYMENTS)


def keys_of(cache: Cache, resource: Resource, item: Object) -> Iterator[Key]:
    """Return the keys that a change of `item` makes dirty."""
    if resource in OWN_RESOURCES:
        yield _key(resource, item)
    if resource in (JOBS, DEPLOYMENTS, SERVICES, MODEL_DEPLOYMENTS, TRAINING_RUNS):
        yield from _owner_keys(item)
    if resource == PODS:
        yield from _pod_keys(cache, item)
    elif resource == ARTIFACT_STORES:
        for user in _STORE_USERS:
            yield from _all_keys(cache, user, item)
    elif resource == DATASETS:
        for user in (TRAINING_RUNS, MODEL_PIPELINES):
            yield from _keys_naming(cache, user, item, "datasetName", item["metadata"]["name"])
    elif resource == TRAINING_RUNS:
        yield from _named(MODEL_PIPELINES, item, (item.get("spec") or {}).get("pipelineName"))
    elif resource == MODEL_VERSIONS:
        yield from _version_keys(cache, item)
    elif resource == MODEL_DEPLOYMENTS:
        name = item["metadata"]["name"]
        yield from _keys_naming(cache, MODEL_PIPELINES, item, "deploymentName", name)
    elif resource == MODEL_PIPELINES:
        name = item["metadata"]["name"]
        yield from _keys_naming(cache, TRAINING_RUNS, item, "pipelineName", name)


def _key(resource: Resource, item: Object) -> Key:
    metadata = item["metadata"]
    return Key(resource.plural, metadata["namespace"], metadata["name"])


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
    owner = owner_of(pod)
    if owner is None or owner["kind"] != JOBS.kind:
        return
    job = cache.get(JOBS, pod["metadata"]["namespace"], owner["name"])
    if job is not None:
        yield from _owner_keys(job)


def _version_keys(cache: Cache, version: Object) -> Iterator[Key]:
    spec = version.get("spec") or {}
    yield from _named(TRAINING_RUNS, version, (spec.get("run") or {}).get("name"))
    model = spec.get("modelName")
    yield from _keys_naming(cache, MODEL_DEPLOYMENTS, version, "modelName", model)
    for pipeline in cache.all(MODEL_PIPELINES, version["metadata"]["namespace"]):
        named = (pipeline.get("spec") or {}).get("modelName") or pipeline["metadata"]["name"]
        if named == model:
            yield _key(MODEL_PIPELINES, pipeline)


def _all_keys(cache: Cache, resource: Resource, item: Object) -> Iterator[Key]:
    for other in cache.all(resource, item["metadata"]["namespace"]):
        yield _key(resource, other)


def _keys_naming(
    cache: Cache, resource: Resource, item: Object, field: str, name: str | None
) -> Iterator[Key]:
    for other in cache.all(resource, item["metadata"]["namespace"]):
        if name is not None and (other.get("spec") or {}).get(field) == name:
            yield _key(resource, other)
