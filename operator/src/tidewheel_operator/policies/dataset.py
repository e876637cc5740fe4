"""Dataset: when a collection is due, and what its end means.

    due -> Job of round n+1 -> ended -> recorded in status (collections = n+1) -> Job deleted

A round is a number in status; the Job's name is made of it, so that a crash anywhere in this line
repeats nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus, Reason
from tidewheel_contracts.job import CollectRequest, CollectResult, PreviousSnapshot, Store
from tidewheel_operator.manifests.job import JobOwner, ProgramImage, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.policies.conditions import condition, ready, stalled, summary, working
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.elapsed import seconds_left
from tidewheel_operator.policies.job_state import Ended, Running, job_state, round_of
from tidewheel_operator.policies.observed import Observed, to_time

__all__ = ["DatasetView", "decide", "due_in"]

Object = dict[str, Any]

_DEADLINE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class DatasetView:
    """All that is known of a Dataset when a decision about it is made."""

    dataset: Observed[DatasetSpec, DatasetStatus]
    store: ArtifactStoreSpec | None
    jobs: tuple[Object, ...]
    pods: Mapping[str, tuple[Object, ...]]
    image: ProgramImage


def decide(view: DatasetView, now: datetime) -> Decision[DatasetStatus]:
    """Return the next step of a Dataset."""
    status = view.dataset.status
    recorded = [job for job in view.jobs if round_of(job) <= status.collections]
    current = next((job for job in view.jobs if round_of(job) > status.collections), None)
    if current is not None:
        return _follow(view, current, now)
    if view.store is None:
        message = "the namespace needs an ArtifactStore named 'default'"
        return _with(view, now, stalled(Reason.STORE_MISSING, message), delete=tuple(recorded))
    wait = due_in(view.dataset, now)
    if wait > 0:
        return _with(view, now, status.conditions, delete=tuple(recorded), requeue=wait)
    return _collect(view, now, tuple(recorded))


def due_in(dataset: Observed[DatasetSpec, DatasetStatus], now: datetime) -> float:
    """Return the seconds until the source is to be looked at again; 0 when that is now."""
    status = dataset.status
    if (
        status.last_attempt_time is None
        or status.collected_generation != dataset.metadata.generation
    ):
        return 0.0
    return seconds_left(status.last_attempt_time, dataset.spec.refresh.every_seconds, now)


def _collect(
    view: DatasetView, now: datetime, recorded: tuple[Object, ...]
) -> Decision[DatasetStatus]:
    assert view.store is not None  # noqa: S101 - decided by the caller
    metadata, spec, status = view.dataset.metadata, view.dataset.spec, view.dataset.status
    number = status.collections + 1
    request = CollectRequest(
        store=Store(spec=view.store, namespace=metadata.namespace),
        dataset_name=metadata.name,
        source=spec.source,
        target=spec.target,
        time=spec.time,
        previous=_previous(status),
    )
    job = program_job(
        name=child_name(metadata.name, metadata.uid, f"collect/{number}"),
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
        resources=spec.resources,
        deadline_seconds=_DEADLINE_SECONDS,
    )
    return _with(view, now, _while_collecting(view, None), create=(job,), delete=recorded)


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


def _follow(view: DatasetView, job: Object, now: datetime) -> Decision[DatasetStatus]:
    state = job_state(job, view.pods.get(job["metadata"]["uid"], ()))
    if isinstance(state, Running) and state.is_ending:
        return Decision(status=view.dataset.status)
    if isinstance(state, Running):
        return _with(view, now, _while_collecting(view, state))
    return _record(view, job, state, now)


def _while_collecting(view: DatasetView, state: Running | None) -> tuple[Condition, ...]:
    """What the last look said stays true while the same source is looked at again."""
    problem, status = state.problem if state is not None else None, view.dataset.status
    is_first = status.last_attempt_time is None
    if is_first or status.collected_generation != view.dataset.metadata.generation:
        if problem is not None:
            return stalled(problem.reason, problem.message)
        source = "the first snapshot" if is_first else "a snapshot for the changed spec"
        return working(Reason.COLLECTING, f"{source} is being made")
    lasting = tuple(item for item in status.conditions if item.type != ConditionType.RECONCILING)
    if problem is None:
        return lasting
    message = f"the source cannot be looked at again yet: {problem.message}"
    return (*lasting, condition(ConditionType.RECONCILING, problem.reason, message))


def _record(view: DatasetView, job: Object, ended: Ended, now: datetime) -> Decision[DatasetStatus]:
    status = view.dataset.status
    generation = (job["metadata"].get("annotations") or {}).get(labels.GENERATION, "0")
    update: dict[str, Any] = {
        "collections": round_of(job),
        "collected_generation": int(generation) if generation.isdigit() else 0,
        "last_attempt_time": to_time(now),
    }
    if isinstance(ended.message, CollectResult):
        result = ended.message
        update |= {
            "snapshot": result.snapshot,
            "columns": result.columns,
            "source_fingerprint": result.source_fingerprint,
            "last_check_time": to_time(now),
        }
        conditions = ready(Reason.SNAPSHOT_READY, _snapshot_message(result))
    else:
        conditions = stalled(ended.reason, ended.explanation)
    return _with(view, now, conditions, status=status.model_copy(update=update))


def _snapshot_message(result: CollectResult) -> str:
    snapshot = result.snapshot
    counts = f"{snapshot.rows} rows, {snapshot.labelled_rows} labelled, {snapshot.parts} parts"
    if not result.ignored_columns:
        return counts
    ignored = ", ".join(result.ignored_columns)
    return f"{counts}; columns that earlier data does not have are ignored: {ignored}"


def _with(
    view: DatasetView,
    now: datetime,
    conditions: tuple[Condition, ...],
    *,
    status: DatasetStatus | None = None,
    create: tuple[Object, ...] = (),
    delete: tuple[Object, ...] = (),
    requeue: float | None = None,
) -> Decision[DatasetStatus]:
    metadata = view.dataset.metadata
    base = status or view.dataset.status
    after = base.model_copy(
        update={
            "observed_generation": metadata.generation,
            "conditions": summary(view.dataset.status.conditions, metadata, now, conditions),
        }
    )
    return Decision(status=after, create=create, delete=delete, requeue_seconds=requeue)
