"""A pipeline that has learned something, and what surrounds it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.builders import (
    NOW,
    Object,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_snapshot,
    make_version,
    time_text,
)
from tests.unit.operator.observations import observed

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, Snapshot
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentStatus
from tidewheel_contracts.api.v1alpha1.model_pipeline import (
    HandledCause,
    LastRun,
    ModelPipelineStatus,
)
from tidewheel_contracts.api.v1alpha1.run_status import Cause, Stage, TrainingRunStatus
from tidewheel_operator.policies.model_pipeline_view import (
    ModelPipelineView,
    recipe_digest,
    target_digest,
)
from tidewheel_operator.policies.observed import Observed

LONG_AGO = NOW - timedelta(days=3)
FIRST = make_snapshot("snapshot one", 1000)


def recipe(**spec: Any) -> str:
    """Return the recipe of a pipeline."""
    return recipe_digest(observed(make_pipeline(**spec)))


def target(**spec: Any) -> str:
    """Return the digest of what a Dataset says is learned."""
    found = target_digest(observed(make_dataset(**spec)))
    assert found is not None
    return found


def last_run(since: datetime = LONG_AGO, **changes: Any) -> LastRun:
    """Return the memory of a run that learned the first snapshot."""
    values = {
        "name": "run-1",
        "cause": Cause.INITIAL,
        "snapshot_digest": FIRST.digest,
        "recipe_digest": recipe(),
        "target_digest": target(),
        "labelled_rows": FIRST.labelled_rows,
        "start_time": time_text(since),
        "verdict": "Passed",
        **changes,
    }
    return LastRun.model_validate(values)


def learned(since: datetime = LONG_AGO, **changes: Any) -> ModelPipelineStatus:
    """Return the status of a pipeline whose first run learned the first snapshot."""
    values = {
        "last_run": last_run(since),
        "rows_at_last_run": FIRST.labelled_rows,
        "last_version_number": 1,
        "champion_number": 1,
        **changes,
    }
    return ModelPipelineStatus.model_validate(values)


def handled(moment: datetime, cause: Cause = Cause.NEW_DATA, name: str = "x") -> HandledCause:
    """Return the memory of a cause."""
    return HandledCause(cause=cause, fingerprint=name, run_name=name, time=time_text(moment))


def view(
    status: ModelPipelineStatus | None = None,
    snapshot: Snapshot | None = FIRST,
    *,
    runs: Sequence[Object] = (),
    versions: Sequence[Object] = (make_version(1),),
    serves: Observed[Any, ModelDeploymentStatus] | None = None,
    has_dataset: bool = True,
    dataset: Object | None = None,
    **spec: Any,
) -> ModelPipelineView:
    """Return a pipeline with a version of 1000 rows, unless told otherwise.

    `dataset` are fields of the Dataset's spec.
    """
    made = make_dataset(status=DatasetStatus(snapshot=snapshot), **(dataset or {}))
    return ModelPipelineView(
        pipeline=observed(make_pipeline(status=status, **spec)),
        dataset=observed(made) if has_dataset else None,
        deployment=serves,
        runs=tuple(observed(run) for run in runs),
        versions=tuple(observed(version).spec for version in versions),
    )


def serving(**status: Any) -> Observed[Any, ModelDeploymentStatus]:
    """Return the pipeline's ModelDeployment."""
    found: Observed[Any, ModelDeploymentStatus] = observed(
        make_deployment(status=ModelDeploymentStatus.model_validate(status))
    )
    return found


def queued(name: str, cause: Cause, created: datetime = NOW, **fields: Any) -> Object:
    """Return a run of the pipeline that has not ended."""
    status = TrainingRunStatus.model_validate({"stage": Stage.QUEUED, **fields})
    return make_run(
        name,
        status,
        cause=cause,
        fingerprint=f"fingerprint of {name}",
        pipeline_name="flight-delay",
        metadata={"creationTimestamp": time_text(created)},
    )
