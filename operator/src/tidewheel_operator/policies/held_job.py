"""Jobs that must not run, or do not: `spec.suspend` takes them away, Kueue lets them wait.

A Job is taken away, not suspended: in a queue its `suspend` is Kueue's own, which would start it
again. What a run has in the store outlives the Job either way.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.run_status import Stage, TrainingRunStatus
from tidewheel_operator.policies.conditions import working
from tidewheel_operator.policies.job_state import Ended, job_state, round_of
from tidewheel_operator.policies.kueue import words_of_kueue
from tidewheel_operator.policies.run_conditions import held_back, suspended
from tidewheel_operator.policies.training_job import facts_of_job
from tidewheel_operator.policies.training_run_view import RunDecision, TrainingRunView, step

__all__ = ["given_back", "hold", "wait"]

Object = dict[str, Any]


def hold(view: TrainingRunView, job: Object, now: datetime) -> RunDecision | None:
    """Return what becomes of a Job that must not run or does not; nothing when it is at work.

    One that has ended tells its result though the run is suspended.
    """
    state = job_state(job, view.pods.get(job["metadata"]["uid"], ()))
    if isinstance(state, Ended) or state.is_ending:
        return None
    if view.run.spec.suspend:
        return _take_away(view, job, now)
    if not job["spec"].get("suspend"):
        return None
    return wait(view, job, facts_of_job(job).update(view.run.status), now)


def given_back(view: TrainingRunView, job: Object) -> TrainingRunView:
    """Return the view with a suspension uncounted whose Job goes on, or came to its end, after all.

    The status tells of it before the Job goes; a person may resume the run in between.
    """
    status = view.run.status
    if not _is_told(status, job):
        return view
    state = job_state(job, view.pods.get(job["metadata"]["uid"], ()))
    if view.run.spec.suspend and not isinstance(state, Ended):
        return view
    after = status.model_copy(
        update={"job_name": job["metadata"]["name"], "suspensions": status.suspensions - 1}
    )
    return replace(view, run=replace(view.run, status=after))


def _is_told(status: TrainingRunStatus, job: Object) -> bool:
    """Tell whether the status says that this Job was taken away."""
    is_gone = status.attempt == round_of(job) and status.job_name is None
    return is_gone and status.suspensions > 0


def _take_away(view: TrainingRunView, job: Object, now: datetime) -> RunDecision:
    """Delete the Job once the status tells that this attempt does not count."""
    before = view.run.status
    more = 0 if _is_told(before, job) else 1
    after = (
        facts_of_job(job)
        .update(before)
        .model_copy(update={"job_name": None, "suspensions": before.suspensions + more})
    )
    told = replace(view, run=replace(view.run, status=after))
    return replace(step(told, now, suspended(told), stage=Stage.SUSPENDED), delete=(job,))


def wait(
    view: TrainingRunView, job: Object, status: TrainingRunStatus, now: datetime
) -> RunDecision:
    """Return what is said of a Job that somebody else keeps suspended, Kueue for instance."""
    metadata = job["metadata"]
    queue = (metadata.get("labels") or {}).get(labels.QUEUE)
    workload = view.workloads.get(metadata["uid"])
    if queue is None and workload is None:
        message = (
            f"somebody else has suspended Job '{metadata['name']}': the run goes on when its "
            "`spec.suspend` is false again"
        )
        return step(view, now, held_back(message), stage=Stage.SUSPENDED, status=status)
    reason, message = words_of_kueue(queue, workload, is_read=view.is_kueue_read)
    return step(view, now, working(reason, message), stage=Stage.QUEUED, status=status)
