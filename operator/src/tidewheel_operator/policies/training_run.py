"""TrainingRun: from admission to a verdict and, if the gate passed, a registered version.

Queued -> Waiting -> Searching (indexed Job, where the run has a search)
                     -> Training (Job of attempt n) -> result in status
                                                         | gate passed so far
                                                         v
                                  Verifying (Job of the serving image) -> its test in the result
                                                                            | passed
                                                                            v
                                       number in status -> ModelVersion created -> Finished
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.v1alpha1.run_result import Images, RunResult, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Reason, Stage, TrainingRunStatus
from tidewheel_contracts.job import TrainResult
from tidewheel_operator.policies.conditions import ready, working
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.engine import lacks_engine, wait_for_engine
from tidewheel_operator.policies.failed_attempts import (
    more_memory,
    tried_with,
    with_failed_attempts,
)
from tidewheel_operator.policies.held_job import given_back, hold
from tidewheel_operator.policies.job_state import (
    RESULT_MISSING,
    Ended,
    job_state,
    round_of,
)
from tidewheel_operator.policies.run_conditions import (
    complete,
    failed,
    failure_of,
    while_running,
)
from tidewheel_operator.policies.run_progress import with_progress
from tidewheel_operator.policies.run_start import start_search, start_training
from tidewheel_operator.policies.searching import follow_search, is_searched, with_search
from tidewheel_operator.policies.training_job import facts_of_job, is_search
from tidewheel_operator.policies.training_run_view import (
    RunDecision,
    TrainingRunView,
    finish,
    step,
)
from tidewheel_operator.policies.verifying import is_verified, verify, without_checks
from tidewheel_operator.policies.version_registration import register

__all__ = ["decide"]

Object = dict[str, Any]

_MOST_ATTEMPTS = 3
_PASSED = (Verdict.PASSED, Verdict.UNTESTED)


def decide(view: TrainingRunView, now: datetime) -> RunDecision:
    """Return the next step of a run, with what its Job tells meanwhile."""
    return with_progress(view, _decide(view, now), now)


def _decide(view: TrainingRunView, now: datetime) -> RunDecision:
    status = view.run.status
    if status.completion_time is not None:
        return Decision(status=status)
    if status.result is not None:
        return _after_result(view, status.result, now)
    if lacks_engine(view):
        return wait_for_engine(view, now)
    # What the status knows of the search that failed goes when it tells of the next.
    view = with_search(with_failed_attempts(without_checks(view)), now)
    job = max(view.jobs, key=round_of, default=None)
    if job is not None and round_of(job) >= status.attempt:
        follow = follow_search if is_search(job) else _follow
        view = given_back(view, job)
        return hold(view, job, now) or follow(view, job, now)
    if _counted(status.attempt, status) >= _most_attempts(view.run.status):
        message = (
            f"the last of {status.attempt} Jobs was deleted before its end; "
            "`status.failedAttempts` lists them"
        )
        return finish(view, now, failed(Reason.JOB_LOST, message))
    return _start(view, now)


def _start(view: TrainingRunView, now: datetime) -> RunDecision:
    if view.is_superfluous:
        message = "the last run has learned this snapshot by this recipe"
        ended = (*ready(Reason.NOTHING_NEW, message), complete(Reason.NOTHING_NEW, message))
        return finish(view, now, ended)
    if not view.is_admitted:
        message = f"ModelPipeline '{view.run.spec.pipeline_name}' has not admitted the run yet"
        return step(view, now, working(Reason.QUEUED, message), stage=Stage.QUEUED)
    return _next_job(view, now)


def _next_job(view: TrainingRunView, now: datetime) -> RunDecision:
    if view.run.spec.search is not None and not is_searched(view.run.status):
        return start_search(view, now, "the Job that runs the trials is being created")
    return start_training(view, now, "the training Job is being created")


def _most_attempts(status: TrainingRunStatus) -> int:
    """A search counts its attempts, and the Job that comes after it its own."""
    return 2 * _MOST_ATTEMPTS if is_searched(status) else _MOST_ATTEMPTS


def _counted(attempt: int, status: TrainingRunStatus) -> int:
    """Return which attempt it is of those that count: nobody fails by being suspended."""
    return attempt - status.suspensions


def _follow(view: TrainingRunView, job: Object, now: datetime) -> RunDecision:
    facts = facts_of_job(job)
    status = facts.update(view.run.status)
    state = job_state(job, view.pods.get(facts.uid, ()))
    if isinstance(state, Ended):
        if state.reason == RESULT_MISSING and _counted(facts.attempt, status) < _most_attempts(
            status
        ):
            return _ask_again(view, status, now)
        return _record(view, status, state, now)
    if state.is_ending:
        return Decision(status=view.run.status)
    conditions = while_running(view, state, Reason.TRAINING, "the training Job runs")
    return step(view, now, conditions, stage=Stage.TRAINING, status=status)


def _ask_again(view: TrainingRunView, status: TrainingRunStatus, now: datetime) -> RunDecision:
    """Start another attempt: it finds what the one before published and only reports it."""
    again = replace(view, run=replace(view.run, status=status))
    return start_training(again, now, "the result was lost; another Job reports it again")


def _record(
    view: TrainingRunView, status: TrainingRunStatus, ended: Ended, now: datetime
) -> RunDecision:
    if not isinstance(ended.message, TrainResult):
        if (memory := more_memory(view.run.spec, status, ended)) is not None:
            again = replace(view, run=replace(view.run, status=status))
            return start_training(again, now, tried_with(memory))
        reason, explanation = failure_of(view.run.status, ended)
        return finish(view, now, failed(reason, explanation), status=status)
    after = status.model_copy(
        update={"result": ended.message.result, "images": Images(trainer=ended.image)}
    )
    conditions = working(Reason.VERIFYING, "the verdict is recorded")
    return step(view, now, conditions, stage=Stage.VERIFYING, status=after)


def _after_result(view: TrainingRunView, result: RunResult, now: datetime) -> RunDecision:
    if result.verdict in _PASSED:
        is_over = result.artifact is None or is_verified(view.run.status)
        return register(view, result, now) if is_over else verify(view, result, now)
    reason = Reason.REFUSED if result.verdict == Verdict.REFUSED else Reason.INCONCLUSIVE
    message = f"{result.verdict_reason}: {result.message}"
    return finish(view, now, (*ready(reason, message), complete(reason, message)))
