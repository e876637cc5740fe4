"""The Jobs of a Dataset: one in each round, whatever it does, by a name made of the round.

A second Job for the same round can only be the first one again: the API server refuses it.
"""

import json
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.conditions import ConditionStatus, ConditionType
from tidewheel_contracts.api.v1alpha1.common import Resources, SnapshotReference
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook
from tidewheel_contracts.api.v1alpha1.dataset_source import source_secret_name
from tidewheel_contracts.job import (
    CollectRequest,
    PreviousSnapshot,
    ProbeRequest,
    PruneRequest,
    Request,
    Store,
)
from tidewheel_operator.manifests.job import JobOwner, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.policies.dataset_view import DatasetView
from tidewheel_operator.policies.observed import Metadata

__all__ = ["has_news", "look_job", "prune_job", "request_kind", "round_name"]

Object = dict[str, Any]

_DEADLINE_SECONDS = 3600
_PROBE_DEADLINE_SECONDS = 600
# What reads no rows needs neither more nor what the user gave to the collection.
_SMALL = Resources(cpu_milli=50, memory="256Mi")


def round_name(metadata: Metadata, number: int) -> str:
    """Return the name of the Job of a round."""
    return child_name(metadata.name, metadata.uid, f"round/{number}")


def look_job(view: DatasetView) -> Object:
    """Return the Job that looks at the source next.

    A probe comes first where a snapshot of the present spec can be compared with the source.
    Whatever else is the case, a collection finds out and says so.

    Raises:
        ValueError: the view lacks a store; callers check that first.
    """
    status = view.dataset.status
    previous = _previous(status)
    is_comparable = (
        status.collected_generation == view.dataset.metadata.generation
        and status.next_look != NextLook.COLLECTION
        and _is_ready(status)
    )
    if previous is not None and is_comparable:
        return _probe(view, previous)
    return _collection(view, previous)


def _is_ready(status: DatasetStatus) -> bool:
    return any(
        item.type == ConditionType.READY and item.status == ConditionStatus.TRUE
        for item in status.conditions
    )


def _collection(view: DatasetView, previous: PreviousSnapshot | None) -> Object:
    metadata, spec = view.dataset.metadata, view.dataset.spec
    request = CollectRequest(
        store=_store(view),
        dataset_name=metadata.name,
        source=spec.source,
        target=spec.target,
        time=spec.time,
        steps=spec.steps,
        checks=spec.checks,
        split=spec.split,
        refresh=spec.refresh,
        previous=previous,
    )
    return _job(view, request, spec.resources, _DEADLINE_SECONDS)


def _probe(view: DatasetView, previous: PreviousSnapshot) -> Object:
    request = ProbeRequest(
        store=_store(view),
        dataset_name=view.dataset.metadata.name,
        source=view.dataset.spec.source,
        previous=previous,
    )
    return _job(view, request, _SMALL, _PROBE_DEADLINE_SECONDS)


def prune_job(view: DatasetView) -> Object:
    """Return the Job that removes old snapshots, but none that the view says is in use.

    Raises:
        ValueError: the view lacks a store; callers check that first.
    """
    request = PruneRequest(
        store=_store(view),
        dataset_name=view.dataset.metadata.name,
        retention=view.dataset.spec.retention,
        in_use=view.snapshots_in_use,
    )
    return _job(view, request, _SMALL, _DEADLINE_SECONDS)


def _job(
    view: DatasetView, request: Request, resources: Resources, deadline_seconds: int
) -> Object:
    metadata, spec = view.dataset.metadata, view.dataset.spec
    number = view.dataset.status.collections + 1
    reads_source = not isinstance(request, PruneRequest)
    return program_job(
        name=round_name(metadata, number),
        owner=JobOwner(
            kind="Dataset",
            name=metadata.name,
            namespace=metadata.namespace,
            uid=metadata.uid,
            generation=metadata.generation,
            label=labels.DATASET,
        ),
        round_number=number,
        request=request,
        image=view.image,
        egress=view.egress,
        resources=resources,
        deadline_seconds=deadline_seconds,
        source_secret=source_secret_name(spec.source) if reads_source else None,
        scratch=spec.scratch if reads_source else None,
    )


def _store(view: DatasetView) -> Store:
    if view.store is None:
        raise ValueError("a Job needs a store")
    return Store(spec=view.store, namespace=view.dataset.metadata.namespace)


def _previous(status: DatasetStatus) -> PreviousSnapshot | None:
    if status.snapshot is None or status.source_fingerprint is None:
        return None
    return PreviousSnapshot(
        snapshot=SnapshotReference(
            digest=status.snapshot.digest,
            manifest_key=status.snapshot.manifest_key,
            labelled_rows=status.snapshot.labelled_rows,
        ),
        source_fingerprint=status.source_fingerprint,
    )


def request_kind(job: Object) -> str:
    """Return the kind of a Job's request; a collection's where somebody took the request away."""
    annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
    try:
        request = json.loads(annotations.get(labels.REQUEST, ""))
    except ValueError:
        return "CollectRequest"
    kind = request.get("kind") if isinstance(request, dict) else None
    return kind if isinstance(kind, str) else "CollectRequest"


def has_news(job: Object) -> bool:
    """Tell whether news of the source came while a Job was at work."""
    return labels.NEWS in (job["metadata"].get("annotations") or {})
