"""Registering a version: the number goes into the run's status first, then the version is created.

N = 1 + the highest number ever given. If somebody else's version has that name by now, the next
number is taken; a version that names this run's uid is ours, whoever wrote it before a crash.
"""

from datetime import datetime

from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    RunReference,
    version_name,
)
from tidewheel_contracts.api.v1alpha1.run_result import Artifact, Images, RunResult
from tidewheel_contracts.api.v1alpha1.run_status import Reason, Stage
from tidewheel_operator.manifests.model_version import model_version
from tidewheel_operator.policies.conditions import ready, working
from tidewheel_operator.policies.run_conditions import complete, failed
from tidewheel_operator.policies.training_run_view import (
    RunDecision,
    TrainingRunView,
    finish,
    step,
)

__all__ = ["register"]


def register(view: TrainingRunView, result: RunResult, now: datetime) -> RunDecision:
    """Return the next step of a run whose gate passed."""
    status = view.run.status
    if view.own_version is not None:
        return _registered(view, view.own_version, result, now)
    if result.artifact is None or status.snapshot is None:
        lacking = "artifact" if result.artifact is None else "snapshot"
        message = f"the gate passed, but the Job names no {lacking}; apply another TrainingRun"
        return finish(view, now, failed(Reason.RESULT_INCOMPLETE, message))
    if status.version_number is None or view.is_number_taken:
        number = 1 + max(view.highest_number, status.version_number or 0)
        taken = status.model_copy(update={"version_number": number})
        message = f"number {number} is taken for the version"
        return step(
            view,
            now,
            working(Reason.REGISTERING, message),
            stage=Stage.REGISTERING,
            status=taken,
        )
    spec = _version_spec(view, result, result.artifact, status.snapshot, status.version_number)
    message = f"ModelVersion '{version_name(spec.model_name, spec.number)}' is being created"
    return step(
        view,
        now,
        working(Reason.REGISTERING, message),
        stage=Stage.REGISTERING,
        create=(model_version(view.run.metadata.namespace, spec),),
    )


def _registered(
    view: TrainingRunView, version: ModelVersionSpec, result: RunResult, now: datetime
) -> RunDecision:
    name = version_name(version.model_name, version.number)
    message = f"ModelVersion '{name}' ({result.verdict}): {result.message}"
    after = view.run.status.model_copy(
        update={"version_number": version.number, "version_name": name}
    )
    conditions = (
        *ready(Reason.REGISTERED, message),
        complete(Reason.REGISTERED, message),
    )
    return finish(view, now, conditions, status=after)


def _version_spec(
    view: TrainingRunView,
    result: RunResult,
    artifact: Artifact,
    snapshot: SnapshotReference,
    number: int,
) -> ModelVersionSpec:
    run, status = view.run, view.run.status
    return ModelVersionSpec(
        model_name=run.spec.model_name,
        number=number,
        artifact=artifact,
        run=RunReference(
            name=run.metadata.name, uid=run.metadata.uid, pipeline_uid=view.pipeline_uid
        ),
        cause=view.trigger.cause,
        dataset_name=run.spec.dataset_name,
        snapshot_digest=snapshot.digest,
        trained_through=result.trained_through,
        training_rows=result.training_rows,
        candidate=result.candidate,
        verdict=result.verdict,
        metrics=result.metrics,
        input_columns=result.input_columns,
        images=status.images or Images(),
        git_revision=result.git_revision,
        engine=result.engine,
        imported=run.spec.imported,
        card=run.spec.card,
    )
