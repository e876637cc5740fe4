"""Jobs of a run that ended without a result: what the status keeps of them, and what follows."""

from dataclasses import replace
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.api.v1alpha1.run_status import FailedAttempt, TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.manifests.pod import canonical_quantity
from tidewheel_operator.policies.job_state import Ended, job_state, round_of
from tidewheel_operator.policies.search_progress import explained
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["more_memory", "resources_of", "tried_with", "with_failed_attempts"]

Object = dict[str, Any]

_OUT_OF_MEMORY = "OutOfMemory"
_JOB_DELETED = "JobDeleted"
_MOST_KEPT = 10
_LONGEST_MESSAGE = 512
_GROWTH = 2
_MI_PER_UNIT = {"Mi": 1, "Gi": 1024}


def with_failed_attempts(view: TrainingRunView) -> TrainingRunView:
    """Return the view with the status as it is once it tells of every attempt that failed.

    The next Job is created before any status tells why the one before it failed.
    """
    status = view.run.status
    known = {attempt.number: attempt for attempt in status.failed_attempts}
    for job in sorted(view.jobs, key=round_of):
        told = job_state(job, view.pods.get(job["metadata"]["uid"], ()))
        state = explained(job, told, status.search)
        if isinstance(state, Ended) and state.message is None and round_of(job):
            said = (state.reason, state.explanation)
            _add(known, view, round_of(job), job["metadata"]["name"], said)
    is_deleted = all(round_of(job) != status.attempt for job in view.jobs)
    if is_deleted and status.attempt and status.job_name is not None:
        said = (_JOB_DELETED, "somebody deleted the Job before its end")
        _add(known, view, status.attempt, status.job_name, said)
    kept = tuple(known[number] for number in sorted(known))[-_MOST_KEPT:]
    after = status.model_copy(update={"failed_attempts": kept})
    return replace(view, run=replace(view.run, status=after))


def resources_of(spec: TrainingRunSpec, status: TrainingRunStatus) -> Resources:
    """Return what the pods of the next Job ask for: more once memory has run out."""
    return _resources(spec, status.failed_attempts)


def more_memory(spec: TrainingRunSpec, status: TrainingRunStatus, ended: Ended) -> str | None:
    """Return the memory with which an attempt that ran out of it is tried again, once."""
    ran_out = [one for one in status.failed_attempts if one.reason == _OUT_OF_MEMORY]
    if ended.reason != _OUT_OF_MEMORY or len(ran_out) != 1:
        return None
    memory = _resources(spec, status.failed_attempts).memory
    return memory if _mebibytes(memory) > _mebibytes(spec.resources.memory) else None


def tried_with(memory: str) -> str:
    """Return what is said while an attempt with more memory begins."""
    return f"a pod ran out of memory; it is tried once more with {canonical_quantity(memory)}"


def _add(
    known: dict[int, FailedAttempt],
    view: TrainingRunView,
    number: int,
    job_name: str,
    said: tuple[str, str],
) -> None:
    if number in known:
        return
    earlier = tuple(attempt for attempt in known.values() if attempt.number < number)
    known[number] = FailedAttempt(
        number=number,
        job_name=job_name,
        reason=said[0],
        message=said[1][:_LONGEST_MESSAGE],
        memory=_resources(view.run.spec, earlier).memory,
    )


def _resources(spec: TrainingRunSpec, failed: tuple[FailedAttempt, ...]) -> Resources:
    limit = spec.retry.memory_limit
    if limit is None or all(attempt.reason != _OUT_OF_MEMORY for attempt in failed):
        return spec.resources
    asked = _mebibytes(spec.resources.memory)
    wanted = max(asked, min(_GROWTH * asked, _mebibytes(limit)))
    return spec.resources.model_copy(update={"memory": f"{wanted}Mi"})


def _mebibytes(quantity: str) -> int:
    return int(quantity[:-2]) * _MI_PER_UNIT[quantity[-2:]]
