"""The search of a run: its pods run trials, then one Job takes the best of them and judges it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tidewheel_contracts.api.v1alpha1.run_status import Reason, Stage, TrainingRunStatus
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.failed_attempts import more_memory, tried_with
from tidewheel_operator.policies.job_state import (
    DEADLINE_EXCEEDED,
    Ended,
    JobState,
    job_state,
    round_of,
)
from tidewheel_operator.policies.run_conditions import failed, failure_of, while_running
from tidewheel_operator.policies.run_start import start_search, start_training
from tidewheel_operator.policies.search_progress import (
    completed,
    explained,
    has_finished_pods,
    search_progress,
)
from tidewheel_operator.policies.training_job import facts_of_job, is_search
from tidewheel_operator.policies.training_run_view import (
    RunDecision,
    TrainingRunView,
    finish,
    step,
)

__all__ = ["follow_search", "is_searched", "with_search"]

Object = dict[str, Any]


def with_search(view: TrainingRunView, now: datetime) -> TrainingRunView:
    """Return the view with the status as it is once it tells of the search how far it is.

    The Job that judges is created before any status tells that the search has ended.
    """
    search = view.run.spec.search
    jobs = [job for job in view.jobs if is_search(job)]
    if search is None or not jobs:
        return view
    job, before = max(jobs, key=round_of), view.run.status.search
    pods = view.pods.get(job["metadata"]["uid"], ())
    progress = search_progress(job, pods, before, search.parallelism)
    if _is_done(job, job_state(job, pods)):
        progress = completed(progress, now)
    status = view.run.status.model_copy(update={"search": progress})
    return replace(view, run=replace(view.run, status=status))


def is_searched(status: TrainingRunStatus) -> bool:
    """Tell whether the pods of the search have done what they could."""
    return status.search is not None and status.search.completion_time is not None


def follow_search(view: TrainingRunView, job: Object, now: datetime) -> RunDecision:
    """Return the next step of a run whose newest Job is that of its search."""
    facts = facts_of_job(job)
    status = facts.update(view.run.status)
    state = explained(job, job_state(job, view.pods.get(facts.uid, ())), status.search)
    if isinstance(state, Ended):
        return _after_search(view, status, state, now)
    if state.is_ending:
        return Decision(status=view.run.status)
    conditions = while_running(view, state, Reason.SEARCHING, _message(status))
    return step(view, now, conditions, stage=Stage.SEARCHING, status=status)


def _after_search(
    view: TrainingRunView, status: TrainingRunStatus, ended: Ended, now: datetime
) -> RunDecision:
    after = replace(view, run=replace(view.run, status=status))
    if is_searched(status):
        return start_training(after, now, "the Job that judges the best trial is being created")
    if (memory := more_memory(view.run.spec, status, ended)) is not None:
        return start_search(after, now, tried_with(memory))
    reason, explanation = failure_of(status, ended)
    if reason == DEADLINE_EXCEEDED:
        explanation += "; `search.maxSeconds` ends a search in time to judge what it has found"
    return finish(view, now, failed(reason, explanation), status=status)


def _message(status: TrainingRunStatus) -> str:
    search = status.search
    if search is None or not search.finished_pods:
        return "the pods of the search run its trials"
    return f"{search.finished_pods} of {search.pods} pods have done their share of the trials"


def _is_done(job: Object, state: JobState) -> bool:
    """Tell whether a search has ended with trials to choose from.

    One pod that came to its end is enough, whatever then ended the Job: it has waited for the
    others' trials, or run what they left undone.
    """
    return isinstance(state, Ended) and (state.message is not None or has_finished_pods(job))
