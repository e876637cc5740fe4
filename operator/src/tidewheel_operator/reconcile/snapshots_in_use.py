"""Which snapshots of a Dataset somebody points at: asked of the server, for what goes is gone."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tidewheel_contracts import labels
from tidewheel_operator.policies.dataset_view import Dataset
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.fields import text_at
from tidewheel_operator.runtime.resources import JOBS, MODEL_VERSIONS, TRAINING_RUNS

__all__ = ["snapshots_in_use"]

Object = dict[str, Any]


async def snapshots_in_use(world: World, dataset: Dataset) -> tuple[str, ...]:
    """Read the digests that runs, their Jobs and versions point at; the newest is one of them."""
    namespace, name = dataset.metadata.namespace, dataset.metadata.name
    # Jobs before runs: a Job that is gone by now has left its snapshot in its run's status.
    jobs = await world.api.list_all(JOBS, namespace, f"{labels.OWNER_KIND}=TrainingRun")
    runs = await world.api.list_all(TRAINING_RUNS, namespace)
    versions = await world.api.list_all(MODEL_VERSIONS, namespace)
    newest = dataset.status.snapshot
    found = {
        *_digests_of_jobs(jobs, name),
        *_digests(runs, name, "status", "snapshot", "digest"),
        *_digests(versions, name, "spec", "snapshotDigest"),
    }
    if newest is not None:
        found.add(newest.digest)
    return tuple(sorted(found))


def _digests(items: Iterable[Object], dataset: str, *path: str) -> Iterator[str]:
    """Read loosely: what another release wrote keeps its snapshot as well."""
    for item in items:
        digest = text_at(item, *path)
        if digest is not None and text_at(item, "spec", "datasetName") == dataset:
            yield digest


def _digests_of_jobs(jobs: Iterable[Object], dataset: str) -> Iterator[str]:
    for job in jobs:
        annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
        try:
            request = json.loads(annotations.get(labels.REQUEST, ""))
        except ValueError:
            continue
        digest = text_at(request, "snapshot", "digest")
        if digest is not None and text_at(request, "datasetName") == dataset:
            yield digest
