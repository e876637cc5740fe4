"""How far the trials of a search are, read from its indexed Job and the pods that have ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts.api.v1alpha1.run_status import SearchProgress
from tidewheel_contracts.job import FailureReason, SearchResult, parse_termination_message
from tidewheel_operator.policies.job_state import Ended, JobState
from tidewheel_operator.policies.observed import to_time
from tidewheel_operator.policies.pod_state import termination_message
from tidewheel_operator.policies.ray_job import killed_workers

__all__ = ["completed", "explained", "has_finished_pods", "search_progress"]

Object = dict[str, Any]


def search_progress(
    job: Object, pods: Sequence[Object], before: SearchProgress | None, pod_count: int
) -> SearchProgress:
    """Return how far a search is; counts never go back when a pod is cleaned away.

    Each pod tells of all trials that it found in the store at its end, so the one that tells of
    the most speaks.
    """
    name = job["metadata"]["name"]
    known = before if before is not None and before.job_name == name else None
    told = [result for pod in pods if (result := _result(pod)) is not None]
    newest = max(told, key=_ended_trials, default=None)
    progress = known or SearchProgress(job_name=name, pods=pod_count)
    finished_pods = max(progress.finished_pods, int((job.get("status") or {}).get("succeeded", 0)))
    counts = {
        "finished_pods": min(finished_pods, pod_count),
        "killed_workers": max(progress.killed_workers, killed_workers(pods)),
    }
    progress = progress.model_copy(update=counts)
    if newest is None or _ended_trials(newest) < _ended_trials(progress):
        return progress
    return progress.model_copy(update=newest.model_dump(exclude={"kind"}))


def completed(progress: SearchProgress, now: datetime) -> SearchProgress:
    """Return a search whose pods have done what they could."""
    if progress.completion_time is not None:
        return progress
    return progress.model_copy(update={"completion_time": to_time(now)})


def explained(job: Object, state: JobState, progress: SearchProgress | None) -> JobState:
    """Return how a Job is, with what only its pods told while they were there.

    To Ray a worker that is killed for memory is a lost one, and its pod goes with the cluster.
    """
    if not isinstance(state, Ended) or state.reason != FailureReason.RAY_UNAVAILABLE:
        return state
    if progress is None or progress.job_name != job["metadata"]["name"]:
        return state
    if not progress.killed_workers:
        return state
    explanation = (
        "a worker of the Ray cluster used more memory than `resources.memory` allows; raise it; "
        f"then {state.explanation}"
    )
    return replace(state, reason=FailureReason.OUT_OF_MEMORY, explanation=explanation)


def has_finished_pods(job: Object) -> bool:
    """Tell whether at least one pod has done its share: it also did what others left undone."""
    return bool((job.get("status") or {}).get("completedIndexes"))


def _ended_trials(told: SearchResult | SearchProgress) -> int:
    return told.finished + told.failed + told.pruned


def _result(pod: Object) -> SearchResult | None:
    try:
        message = parse_termination_message(termination_message(pod))
    except ValidationError:
        return None
    return message if isinstance(message, SearchResult) else None
