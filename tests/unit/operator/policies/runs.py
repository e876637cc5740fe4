"""A run in its stages, and what is known when a decision about it is made."""

import dataclasses
from typing import Any

from tests.builders import (
    CREATED,
    Object,
    make_dataset,
    make_run,
    make_snapshot,
    make_store,
    snapshot_reference,
    time_text,
)
from tests.unit.operator.observations import (
    SERVER,
    TRAINER,
    conditions,
    observed,
    train_job,
)

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.model_deployment import ServerResources
from tidewheel_contracts.api.v1alpha1.run_status import (
    Cause,
    ChampionReference,
    FailedAttempt,
    Stage,
    TrainingRunStatus,
    Trigger,
)
from tidewheel_operator.policies.training_run_view import TrainingRunView

TRIGGER = Trigger(cause=Cause.DEMAND)
SNAPSHOT = make_snapshot()
DATASET = observed(make_dataset(status=DatasetStatus(snapshot=SNAPSHOT)))
CHAMPION = ChampionReference(
    name="flight-delay-v1", number=1, manifest_key="key", manifest_digest=SNAPSHOT.digest
)
IMAGE = "registry.test/trainer:1@sha256:1"


def view(
    run: Object, *jobs: Object, pods: tuple[Object, ...] = (), **changes: Any
) -> TrainingRunView:
    by_job: dict[str, Any] = {job["metadata"]["uid"]: () for job in jobs}
    for pod in pods:
        by_job[pod["metadata"]["ownerReferences"][0]["uid"]] += (pod,)
    plain = TrainingRunView(
        run=observed(run),
        trigger=TRIGGER,
        is_admitted=True,
        is_superfluous=False,
        store=observed(make_store()).spec,
        dataset=DATASET,
        champion=None,
        jobs=jobs,
        pods=by_job,
        image=TRAINER,
        server_image=SERVER,
        server_resources=ServerResources(),
    )
    return dataclasses.replace(plain, **changes)


def status(stage: Stage, *said: Any, **fields: Any) -> TrainingRunStatus:
    """Return a run's status with these conditions."""
    return TrainingRunStatus(
        observed_generation=1, conditions=said, stage=stage, trigger=TRIGGER, **fields
    )


def failed_attempt(number: int, reason: str, message: str, memory: str = "2Gi") -> FailedAttempt:
    """Return what the status keeps of a Job of `train_job` that gave no result."""
    name = train_job(make_run(), number)["metadata"]["name"]
    return FailedAttempt(
        number=number, job_name=name, reason=reason, message=message, memory=memory
    )


def training(attempt: int = 1, **fields: Any) -> TrainingRunStatus:
    """Return the status of a run whose Job runs."""
    run = make_run()
    return status(
        Stage.TRAINING,
        *conditions("Training", "the training Job runs", "Reconciling"),
        attempt=attempt,
        job_name=train_job(run, attempt)["metadata"]["name"],
        snapshot=snapshot_reference(SNAPSHOT),
        start_time=time_text(CREATED),
        **fields,
    )
