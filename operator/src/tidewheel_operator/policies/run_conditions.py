"""The conditions of a run: while a Job runs, and at its end with a verdict or without one."""

from tidewheel_contracts.api.conditions import Condition, ConditionStatus, ConditionType
from tidewheel_contracts.api.v1alpha1.run_status import Reason, RunCondition, TrainingRunStatus
from tidewheel_operator.policies.conditions import condition, stalled, working
from tidewheel_operator.policies.job_state import DEADLINE_EXCEEDED, Ended, Running
from tidewheel_operator.policies.training_run_view import TrainingRunView

__all__ = ["complete", "failed", "failure_of", "held_back", "suspended", "while_running"]

# What kept a pod from starting explains a passed deadline better than the deadline itself.
_START_PROBLEMS = frozenset({"Unschedulable", "ImagePullFailed", "SecretMissing"})


def while_running(
    view: TrainingRunView, state: Running, reason: Reason, message: str
) -> tuple[Condition, ...]:
    """Return what is said while a Job runs: what keeps it from running, else the message."""
    if state.problem is not None:
        return working(state.problem.reason, state.problem.message)
    if view.dataset is None:
        gone = f"Dataset '{view.run.spec.dataset_name}' is gone; the run uses its snapshot"
        return working(Reason.DATASET_MISSING, gone)
    return working(reason, message)


def suspended(view: TrainingRunView, lacking: str = "") -> tuple[Condition, ...]:
    """What is said while `spec.suspend` is true and no Job of the run is at work.

    Args:
        view: the run.
        lacking: what the run will wait for even then, as a sentence.
    """
    more = f"; {lacking}" if lacking else ""
    if not view.run.status.attempt:
        return held_back(f"`spec.suspend` is true: the run begins when it is false{more}")
    return held_back(f"`spec.suspend` is true: when it is false, {_what_follows(view)}{more}")


def held_back(message: str) -> tuple[Condition, ...]:
    """The run has no Job at work, until a person says otherwise; nothing is wrong."""
    return (
        condition(ConditionType.READY, Reason.SUSPENDED, message, status=ConditionStatus.FALSE),
        condition(RunCondition.SUSPENDED, Reason.SUSPENDED, message),
    )


def _what_follows(view: TrainingRunView) -> str:
    search = view.run.status.search
    if view.run.spec.search is None:
        return "the training begins anew"
    if search is None or search.completion_time is None:
        return "the search goes on with the trials that are in the store"
    return "the best trial is judged"


def complete(reason: str, message: str) -> Condition:
    """The run ended with a verdict."""
    return condition(RunCondition.COMPLETE, reason, message)


def failed(reason: str, message: str) -> tuple[Condition, ...]:
    """The run ended without a verdict, and a person must act."""
    return (*stalled(reason, message), condition(RunCondition.FAILED, reason, message))


def failure_of(status: TrainingRunStatus, ended: Ended) -> tuple[str, str]:
    """Return why a Job failed, as reason and sentence."""
    if ended.reason == DEADLINE_EXCEEDED:
        for known in status.conditions:
            if known.type == ConditionType.READY and known.reason in _START_PROBLEMS:
                return known.reason, f"{known.message}; so until `activeDeadlineSeconds` passed"
    return ended.reason, ended.explanation
