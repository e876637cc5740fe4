"""The Jobs of a run: how they are made, and how their facts come back out of them."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference, Training
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec
from tidewheel_contracts.api.v1alpha1.queueing import QUEUE_FIELDS
from tidewheel_contracts.api.v1alpha1.run_status import TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_engine import ENGINE_FIELDS, TrainingEngine
from tidewheel_contracts.job import (
    ImportRequest,
    ReduceRequest,
    RunRequest,
    SearchRequest,
    Store,
    TrainRequest,
    parse_training_request,
)
from tidewheel_operator.manifests.indexed_job import indexed
from tidewheel_operator.manifests.ray_job import on_ray
from tidewheel_operator.manifests.reporting import reporting
from tidewheel_operator.manifests.signing_key import with_signing_key
from tidewheel_operator.policies.failed_attempts import resources_of
from tidewheel_operator.policies.job_state import round_of
from tidewheel_operator.policies.run_job import run_job
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["JobFacts", "JobInputs", "facts_of_job", "is_search", "search_job", "training_job"]

Object = dict[str, Any]
_NOT_ASKED = {*QUEUE_FIELDS, *ENGINE_FIELDS}


@dataclass(frozen=True, slots=True)
class JobInputs:
    """What must be there before a run's Job is made."""

    store: ArtifactStoreSpec
    dataset: DatasetSpec
    snapshot: SnapshotReference


def search_job(view: TrainingRunView, inputs: JobInputs) -> Object:
    """Return the Job of the next attempt whose pods share the trials of the run's search.

    Raises:
        ValueError: the run has no search.
    """
    spec = view.run.spec
    if spec.search is None:
        raise ValueError("the run has no search")
    job = _job(view, SearchRequest(**_task(view, inputs)), "search")
    if spec.engine is TrainingEngine.RAY_JOB:
        return on_ray(job, spec.search.parallelism, resources_of(spec, view.run.status))
    return indexed(job, spec.search.parallelism)


def training_job(view: TrainingRunView, inputs: JobInputs) -> Object:
    """Return the Job of the next attempt that judges and publishes.

    After a search that is its best trial, of an import what was made elsewhere.
    """
    spec = view.run.spec
    if spec.imported is not None:
        request = ImportRequest(**_task(view, inputs), imported=spec.imported)
        job = _job(view, request, "import")
    elif spec.search is not None:
        job = _job(view, ReduceRequest(**_task(view, inputs)), "reduce")
    else:
        job = _job(view, TrainRequest(**_task(view, inputs)), "train")
    signing = inputs.store.signing
    if signing is None or signing.secret_name is None:
        return job
    return with_signing_key(job, signing.secret_name)


def _task(view: TrainingRunView, inputs: JobInputs) -> dict[str, Any]:
    metadata, spec, dataset = view.run.metadata, view.run.spec, inputs.dataset
    return {
        "store": Store(spec=inputs.store, namespace=metadata.namespace),
        "run_name": metadata.name,
        "run_uid": metadata.uid,
        "model_name": spec.model_name,
        "dataset_name": spec.dataset_name,
        "snapshot": inputs.snapshot,
        "target": dataset.target,
        "time": dataset.time,
        "split": dataset.split,
        "training": Training.model_validate(spec.model_dump(exclude=_NOT_ASKED)),
        "champion": view.run.status.champion if view.run.status.attempt else view.champion,
    }


def _job(view: TrainingRunView, request: RunRequest, purpose: str) -> Object:
    metadata, status = view.run.metadata, view.run.status
    resources = resources_of(view.run.spec, status)
    job = run_job(view, request, purpose, status.attempt + 1, view.image, resources)
    if view.report_url is None:
        return job
    return reporting(job, f"{view.report_url}/reports/{metadata.namespace}/{metadata.name}")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a run's Job records: the status copies it."""

    name: str
    uid: str
    attempt: int
    creation_time: str
    request: RunRequest | None

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
    return JobFacts(
        name=metadata["name"],
        uid=metadata["uid"],
        attempt=round_of(job),
        creation_time=metadata.get("creationTimestamp") or "",
        request=_request(job),
    )


def is_search(job: Object) -> bool:
    """Tell whether a Job's pods run the trials of a search."""
    return isinstance(_request(job), SearchRequest)


def _request(job: Object) -> RunRequest | None:
    annotations = job["spec"]["template"].get("metadata", {}).get("annotations") or {}
    try:
        return parse_training_request(annotations.get(labels.REQUEST, ""))
    except ValidationError:
        return None
