"""What a Job of ours is doing or how it ended, read from the Job and its pods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts import labels
from tidewheel_contracts.job import Failure, Result, parse_termination_message
from tidewheel_operator.policies.pod_state import PodProblem, image_of, problem_of

__all__ = [
    "DEADLINE_EXCEEDED",
    "RESULT_MISSING",
    "Ended",
    "JobState",
    "Running",
    "job_state",
    "round_of",
]

Object = dict[str, Any]

DEADLINE_EXCEEDED = "DeadlineExceeded"
RESULT_MISSING = "ResultMissing"
_LONGEST_ROUND = 10


@dataclass(frozen=True, slots=True)
class Running:
    """The Job has not ended; `problem` is what keeps its pod from running, if anything does.

    While `is_ending` its pods are being taken away: what was said about them before still holds.
    """

    problem: PodProblem | None = None
    is_ending: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The Job has ended with a message of its program, or with a failure that we word."""

    message: Result | None
    reason: str = ""
    explanation: str = ""
    image: str = ""
    # Whether the program itself gave the reason, and every check that it says has failed.
    is_told: bool = False
    failures: tuple[str, ...] = ()


JobState = Running | Ended


def round_of(job: Object) -> int:
    """Return which round or attempt a Job is; 0 when somebody removed the annotation."""
    text = (job["metadata"].get("annotations") or {}).get(labels.ROUND, "")
    return int(text) if text.isdecimal() and len(text) < _LONGEST_ROUND else 0


def job_state(job: Object, pods: Sequence[Object]) -> JobState:
    """Return the state of a Job, given the pods that it controls."""
    ended = _ending(job)
    # Times are whole seconds: of two pods that are as new, the one that succeeded speaks.
    newest_first = sorted(pods, key=lambda pod: (_creation(pod), _has_succeeded(pod)), reverse=True)
    if ended is None:
        return Running(_first_problem(newest_first), is_ending=_has(job, "FailureTarget"))
    succeeded, reason, text = ended
    for pod in newest_first:
        terminated = _terminated(pod)
        if terminated is None:
            continue
        return _ended_with(terminated, image_of(pod), reason)
    if reason == DEADLINE_EXCEEDED:
        return Ended(None, reason, text)
    if succeeded:
        return Ended(None, RESULT_MISSING, "the Job succeeded but its pod is gone")
    return Ended(None, reason or "JobFailed", text or "the Job failed and its pod is gone")


def _ended_with(terminated: Object, image: str, job_reason: str) -> Ended:
    text = terminated.get("message") or ""
    try:
        message = parse_termination_message(text)
    except ValidationError:
        message = None
    if isinstance(message, Failure):
        return Ended(
            None, message.reason, message.message, image, is_told=True, failures=message.failures
        )
    if message is not None and terminated["exitCode"] == 0:
        return Ended(message, image=image)
    reason = terminated.get("reason") or ""
    if reason == "OOMKilled":
        explanation = "the pod used more memory than `resources.memory` allows; raise it"
        return Ended(None, "OutOfMemory", _with_log(explanation, text), image)
    if job_reason == DEADLINE_EXCEEDED:
        return Ended(
            None, DEADLINE_EXCEEDED, _with_log("the deadline passed before the end", text), image
        )
    explanation = f"the program ended with exit code {terminated['exitCode']}"
    return Ended(None, "ProgramFailed", _with_log(explanation, text), image)


def _with_log(explanation: str, text: str) -> str:
    return f"{explanation}; its last words: {text.strip()[-1500:]}" if text.strip() else explanation


def _ending(job: Object) -> tuple[bool, str, str] | None:
    """Return whether the Job succeeded, with reason and message; nothing while it runs."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
            return (
                condition["type"] == "Complete",
                condition.get("reason") or "",
                condition.get("message") or "",
            )
    return None


def _has(job: Object, type_: str) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(item["type"] == type_ and item["status"] == "True" for item in conditions)


def _first_problem(pods: list[Object]) -> PodProblem | None:
    return next((problem for pod in pods if (problem := problem_of(pod)) is not None), None)


def _terminated(pod: Object) -> Object | None:
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        terminated: Object | None = (container.get("state") or {}).get("terminated")
        if terminated is not None:
            return terminated
    return None


def _has_succeeded(pod: Object) -> bool:
    terminated = _terminated(pod)
    return terminated is not None and terminated["exitCode"] == 0


def _creation(pod: Object) -> str:
    return str(pod["metadata"].get("creationTimestamp") or "")
