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
from tidewheel_operator.policies.training_job import facts_of_job, training_job
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
class _Obstacle:
    stage: Stage
    conditions: tuple[Condition, ...]


def _start(view: TrainingRunView, now: datetime) -> RunDecision:
    if view.is_superfluous:
        message = "the last run has learned this snapshot by this recipe"
        ended = (*ready(Reason.NOTHING_NEW, message), complete(Reason.NOTHING_NEW, message))
        return finish(view, now, ended)
    obstacle = _obstacle(view)
    if obstacle is not None:
        return step(view, now, obstacle.conditions, stage=obstacle.stage)
    return step(
        view,
        now,
        working(Reason.TRAINING, "the training Job is being created"),
        stage=Stage.TRAINING,
        create=(training_job(view),),
    )


def _obstacle(view: TrainingRunView) -> _Obstacle | None:
    spec = view.run.spec
    if not view.is_admitted:
        message = f"ModelPipeline '{spec.pipeline_name}' has not admitted the run yet"
        return _Obstacle(Stage.QUEUED, working(Reason.QUEUED, message))
    if view.store is None:
        message = "the namespace needs an ArtifactStore named 'default'"
        return _Obstacle(Stage.WAITING, stalled(Reason.STORE_MISSING, message))
    if view.dataset is None:
        message = f"Dataset '{spec.dataset_name}' must exist in the run's namespace"
        return _Obstacle(Stage.WAITING, stalled(Reason.DATASET_MISSING, message))
    if view.dataset.status.snapshot is None and view.run.status.snapshot is None:
        message = f"Dataset '{spec.dataset_name}' has no snapshot yet"
        return _Obstacle(Stage.WAITING, working(Reason.SNAPSHOT_PENDING, message))
    return None


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
    conditions = working(Reason.TRAINING, "the result was lost; another Job reports it again")
    create = (training_job(again),)
    return step(view, now, conditions, stage=Stage.TRAINING, status=status, create=create)


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
