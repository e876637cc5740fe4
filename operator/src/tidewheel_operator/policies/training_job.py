"""The Job of a run's attempt: how it is made, and how its facts come back out of it."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference, Training
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunStatus
from tidewheel_contracts.job import Store, TrainRequest
from tidewheel_operator.manifests.job import JobOwner, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["JobFacts", "facts_of_job", "training_job"]

Object = dict[str, Any]


def training_job(view: TrainingRunView) -> Object:
    """Return the Job of the next attempt; a retried run keeps the snapshot that it began with.

    Raises:
        ValueError: the view lacks a store, a dataset or a snapshot; callers check these first.
    """
    if view.store is None or view.dataset is None:
        raise ValueError("a run needs a store and a dataset before its Job is made")
    metadata, spec, status = view.run.metadata, view.run.spec, view.run.status
    attempt = status.attempt + 1
    dataset = view.dataset.spec
    request = TrainRequest(
        store=Store(spec=view.store, namespace=metadata.namespace),
        run_name=metadata.name,
        run_uid=metadata.uid,
        model_name=spec.model_name,
        dataset_name=spec.dataset_name,
        snapshot=status.snapshot or _newest_snapshot(view),
        target=dataset.target,
        time=dataset.time,
        split=dataset.split,
        training=Training.model_validate(spec.model_dump()),
        champion=status.champion if attempt > 1 else view.champion,
    )
    return program_job(
        name=child_name(metadata.name, metadata.uid, f"train/{attempt}"),
        owner=JobOwner(
            kind="TrainingRun",
            name=metadata.name,
            namespace=metadata.namespace,
            uid=metadata.uid,
            generation=metadata.generation,
            label=labels.RUN,
        ),
        round_number=attempt,
        request=request,
        image=view.image,
        egress=view.egress,
        resources=spec.resources,
        deadline_seconds=spec.active_deadline_seconds,
    )


def _newest_snapshot(view: TrainingRunView) -> SnapshotReference:
    snapshot = view.dataset.status.snapshot if view.dataset is not None else None
    if snapshot is None:
        raise ValueError("a run needs a snapshot before its Job is made")
    return SnapshotReference(
        digest=snapshot.digest,
        manifest_key=snapshot.manifest_key,
        labelled_rows=snapshot.labelled_rows,
    )


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a run's Job records: the status copies it."""

    name: str
    uid: str
    attempt: int
    creation_time: str
    request: TrainRequest | None

    def update(self, status: TrainingRunStatus) -> TrainingRunStatus:
        """Return the status with the facts of this Job."""
        facts: dict[str, object] = {
            "attempt": self.attempt,
            "job_name": self.name,
            "start_time": status.start_time or self.creation_time,
        }
        if self.request is not None:
            facts |= {"snapshot": self.request.snapshot, "champion": self.request.champion}
        return status.model_copy(update=facts)


def facts_of_job(job: Object) -> JobFacts:
    """Return what a Job records; its request is absent when somebody edited it away."""
    metadata = job["metadata"]
    annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
    try:
        request = TrainRequest.model_validate_json(annotations.get(labels.REQUEST, ""))
    except ValidationError:
        request = None
    return JobFacts(
        name=metadata["name"],
        uid=metadata["uid"],
        attempt=round_of(job),
        creation_time=metadata.get("creationTimestamp") or "",
        request=request,
    )
