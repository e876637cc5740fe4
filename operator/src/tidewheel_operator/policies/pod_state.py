"""What keeps a pod from doing its work, in a reason and a sentence of our own."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tidewheel_contracts.job import Failure, parse_termination_message

__all__ = [
    "PodProblem",
    "has_run_out_of_memory",
    "image_of",
    "problem_of",
    "termination_message",
]

Object = dict[str, Any]

_IMAGE_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
)
_KILLED = "OOMKilled"
_CONFIG_REASONS = frozenset({"CreateContainerConfigError"})


@dataclass(frozen=True, slots=True)
class PodProblem:
    """Why a pod does not run."""

    reason: str
    message: str


def problem_of(pod: Object) -> PodProblem | None:
    """Return what keeps a pod from running; nothing if it runs, ended well or only just began."""
    status = pod.get("status") or {}
    for container in status.get("containerStatuses") or ():
        problem = _waiting_problem(container) or _last_failure(container)
        if problem is not None:
            return problem
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return PodProblem(
                "Unschedulable", f"no node takes the pod: {condition.get('message', '')}"
            )
    return None


def has_run_out_of_memory(pod: Object) -> bool:
    """Tell whether a pod's container was killed for memory, also when it runs again."""
    return any(
        (state.get("terminated") or {}).get("reason") == _KILLED
        for container in (pod.get("status") or {}).get("containerStatuses") or ()
        for state in (container.get("state") or {}, container.get("lastState") or {})
    )


def image_of(pod: Object) -> str:
    """Return the resolved image of a pod's container."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        return str(container.get("imageID") or "")
    return ""


def termination_message(pod: Object) -> str:
    """Return what a pod's program said at its end; empty when it did not end well or not yet."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        terminated = (container.get("state") or {}).get("terminated")
        if terminated is not None and terminated["exitCode"] == 0:
            return str(terminated.get("message") or "")
    return ""


def _waiting_problem(container: Object) -> PodProblem | None:
    waiting = (container.get("state") or {}).get("waiting")
    if waiting is None:
        return None
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_REASONS:
        return PodProblem(
            "ImagePullFailed", f"image '{container['image']}' cannot be had: {message or reason}"
        )
    if reason in _CONFIG_REASONS:
        return PodProblem("SecretMissing", f"the ArtifactStore's Secret does not serve: {message}")
    return None


def _last_failure(container: Object) -> PodProblem | None:
    """Return how the container ended before it was started again."""
    state = container.get("state") or {}
    terminated = state.get("terminated") or (container.get("lastState") or {}).get("terminated")
    if terminated is None or terminated["exitCode"] == 0 or "running" in state:
        return None
    if terminated.get("reason") == _KILLED:
        return PodProblem(
            "OutOfMemory", "the pod used more memory than `resources.memory` allows; raise it"
        )
    text = terminated.get("message") or ""
    try:
        message = parse_termination_message(text)
    except ValidationError:
        message = None
    if isinstance(message, Failure):
        return PodProblem(message.reason, message.message)
    return PodProblem(
        "ProgramFailed",
        f"the program ended with exit code {terminated['exitCode']}: {text.strip()[-500:]}",
    )
