"""The Job of a run's attempt: how it is made, and how its facts come back out of it."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference, Training
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunStatus
from tidewheel_contracts.job import Store, TrainRequest
from tidewheel_operator.manifests.job import JobOwner, program_job
from tidewheel_operator.manifests.names import child_name
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["JobFacts", "JobInputs", "facts_of_job", "training_job"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobInputs:
    """What must be there before a run's Job is made."""

    store: ArtifactStoreSpec
    dataset: DatasetSpec
    snapshot: SnapshotReference


def training_job(view: TrainingRunView, inputs: JobInputs) -> Object:
    """Return the Job of the next attempt."""
    metadata, spec, status = view.run.metadata, view.run.spec, view.run.status
    attempt = status.attempt + 1
    dataset = inputs.dataset
    request = TrainRequest(
        store=Store(spec=inputs.store, namespace=metadata.namespace),
        run_name=metadata.name,
        run_uid=metadata.uid,
        model_name=spec.model_name,
        dataset_name=spec.dataset_name,
        snapshot=inputs.snapshot,
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
