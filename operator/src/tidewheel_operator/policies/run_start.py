"""Starting a run's next Job: what it needs must be there, else the run says what it waits for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Reason, Stage
from tidewheel_operator.policies.conditions import stalled, working
from tidewheel_operator.policies.run_conditions import suspended
from tidewheel_operator.policies.training_job import JobInputs, search_job, training_job
from tidewheel_operator.policies.training_run_view import RunDecision, TrainingRunView, step

__all__ = ["start_search", "start_training"]

Object = dict[str, Any]


def start_search(view: TrainingRunView, now: datetime, message: str) -> RunDecision:
    """Create the Job whose pods run the trials, or say what it lacks."""
    return _start(view, now, search_job, Stage.SEARCHING, working(Reason.SEARCHING, message))


def start_training(view: TrainingRunView, now: datetime, message: str) -> RunDecision:
    """Create the Job that judges and publishes, or say what it lacks."""
    return _start(view, now, training_job, Stage.TRAINING, working(Reason.TRAINING, message))


@dataclass(frozen=True, slots=True)
class _Lacking:
    conditions: tuple[Condition, ...]


def _start(
    view: TrainingRunView,
    now: datetime,
    job: Callable[[TrainingRunView, JobInputs], Object],
    stage: Stage,
    conditions: tuple[Condition, ...],
) -> RunDecision:
    if view.run.spec.suspend:
        return step(view, now, suspended(view), stage=Stage.SUSPENDED)
    inputs = _inputs(view)
    if isinstance(inputs, _Lacking):
        return step(view, now, inputs.conditions, stage=Stage.WAITING)
    return step(view, now, conditions, stage=stage, create=(job(view, inputs),))


def _inputs(view: TrainingRunView) -> JobInputs | _Lacking:
    """Return what a Job needs; a retried run keeps the snapshot that it began with."""
    if view.store is None:
        message = "the namespace needs an ArtifactStore named 'default'"
        return _Lacking(stalled(Reason.STORE_MISSING, message))
    name = view.run.spec.dataset_name
    if view.dataset is None:
        message = f"Dataset '{name}' must exist in the run's namespace"
        return _Lacking(stalled(Reason.DATASET_MISSING, message))
    snapshot = view.run.status.snapshot or _newest_snapshot(view.dataset.status)
    if snapshot is None:
        message = f"Dataset '{name}' has no snapshot yet"
        return _Lacking(working(Reason.SNAPSHOT_PENDING, message))
    return JobInputs(view.store, view.dataset.spec, snapshot)


def _newest_snapshot(dataset: DatasetStatus) -> SnapshotReference | None:
    snapshot = dataset.snapshot
    if snapshot is None:
        return None
    return SnapshotReference(
        digest=snapshot.digest,
        manifest_key=snapshot.manifest_key,
        labelled_rows=snapshot.labelled_rows,
    )
