"""TrainingRun: from admission to a verdict and, if the gate passed, a registered version.

Queued -> Waiting -> Training (Job of attempt n) -> result in status
                                                      | gate passed
                                                      v
                 number in status -> ModelVersion created -> Finished
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.common import SnapshotReference
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.training_run import (
    Images,
    Reason,
    RunResult,
    Stage,
    TrainingRunStatus,
    Verdict,
)
from tidewheel_contracts.job import TrainResult
from tidewheel_operator.policies.conditions import ready, stalled, working
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.job_state import (
    RESULT_MISSING,
    Ended,
    Running,
    job_state,
    round_of,
)
from tidewheel_operator.policies.run_endings import complete, failed
from tidewheel_operator.policies.training_job import JobInputs, facts_of_job, training_job
from tidewheel_operator.policies.training_run_view import (
    RunDecision,
    TrainingRunView,
    finish,
    step,
)
from tidewheel_operator.policies.version_registration import register

__all__ = ["decide"]

Object = dict[str, Any]

_MOST_ATTEMPTS = 3
_PASSED = (Verdict.PASSED, Verdict.UNTESTED)
_DEADLINE = "DeadlineExceeded"
# What kept a pod from starting explains a passed deadline better than the deadline itself.
_START_PROBLEMS = frozenset({"Unschedulable", "ImagePullFailed", "SecretMissing"})


def decide(view: TrainingRunView, now: datetime) -> RunDecision:
    """Return the next step of a run."""
    status = view.run.status
    if status.completion_time is not None:
        return Decision(status=status)
    if status.result is not None:
        return _after_result(view, status.result, now)
    job = max(view.jobs, key=round_of, default=None)
    if job is not None and round_of(job) >= status.attempt:
        return _follow(view, job, now)
    if status.attempt >= _MOST_ATTEMPTS:
        message = f"the training Job was deleted {status.attempt} times"
        return finish(view, now, failed(Reason.JOB_LOST, message))
    return _start(view, now)


@dataclass(frozen=True, slots=True)
class _Lacking:
    conditions: tuple[Condition, ...]


def _start(view: TrainingRunView, now: datetime) -> RunDecision:
    if view.is_superfluous:
        message = "the last run has learned this snapshot by this recipe"
        ended = (*ready(Reason.NOTHING_NEW, message), complete(Reason.NOTHING_NEW, message))
        return finish(view, now, ended)
    if not view.is_admitted:
        message = f"ModelPipeline '{view.run.spec.pipeline_name}' has not admitted the run yet"
        return step(view, now, working(Reason.QUEUED, message), stage=Stage.QUEUED)
    return _train(view, now, "the training Job is being created")


def _train(view: TrainingRunView, now: datetime, message: str) -> RunDecision:
    """Create the Job of the next attempt, or say what it lacks."""
    inputs = _inputs(view)
    if isinstance(inputs, _Lacking):
        return step(view, now, inputs.conditions, stage=Stage.WAITING)
    conditions = working(Reason.TRAINING, message)
    create = (training_job(view, inputs),)
    return step(view, now, conditions, stage=Stage.TRAINING, create=create)


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


def _follow(view: TrainingRunView, job: Object, now: datetime) -> RunDecision:
    facts = facts_of_job(job)
    status = facts.update(view.run.status)
    state = job_state(job, view.pods.get(facts.uid, ()))
    if isinstance(state, Ended):
        if state.reason == RESULT_MISSING and facts.attempt < _MOST_ATTEMPTS:
            return _ask_again(view, status, now)
        return _record(view, status, state, now)
    if state.is_ending:
        return Decision(status=view.run.status)
    conditions = _while_training(view, state)
    return step(view, now, conditions, stage=Stage.TRAINING, status=status)


def _ask_again(view: TrainingRunView, status: TrainingRunStatus, now: datetime) -> RunDecision:
    """Start another attempt: it finds what the one before published and only reports it."""
    again = replace(view, run=replace(view.run, status=status))
    return _train(again, now, "the result was lost; another Job reports it again")


def _while_training(view: TrainingRunView, state: Running) -> tuple[Condition, ...]:
    if state.problem is not None:
        return working(state.problem.reason, state.problem.message)
    if view.dataset is None:
        message = f"Dataset '{view.run.spec.dataset_name}' is gone; the run uses its snapshot"
        return working(Reason.DATASET_MISSING, message)
    return working(Reason.TRAINING, "the training Job runs")


def _record(
    view: TrainingRunView, status: TrainingRunStatus, ended: Ended, now: datetime
) -> RunDecision:
    if not isinstance(ended.message, TrainResult):
        reason, explanation = _failure(view.run.status, ended)
        return finish(view, now, failed(reason, explanation), status=status)
    after = status.model_copy(
        update={"result": ended.message.result, "images": Images(trainer=ended.image)}
    )
    conditions = working(Reason.REGISTERING, "the verdict is recorded")
    return step(view, now, conditions, stage=Stage.REGISTERING, status=after)


def _failure(status: TrainingRunStatus, ended: Ended) -> tuple[str, str]:
    if ended.reason == _DEADLINE:
        for known in status.conditions:
            if known.type == ConditionType.READY and known.reason in _START_PROBLEMS:
                return known.reason, f"{known.message}; so until `activeDeadlineSeconds` passed"
    return ended.reason, ended.explanation


def _after_result(view: TrainingRunView, result: RunResult, now: datetime) -> RunDecision:
    if result.verdict in _PASSED:
        return register(view, result, now)
    reason = Reason.REFUSED if result.verdict == Verdict.REFUSED else Reason.INCONCLUSIVE
    message = f"{result.verdict_reason}: {result.message}"
    return finish(view, now, (*ready(reason, message), complete(reason, message)))
