"""The conditions of a run that has ended, with a verdict or without one."""

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.training_run import RunCondition
from tidewheel_operator.policies.conditions import condition, stalled

__all__ = ["complete", "failed"]


def complete(reason: str, message: str) -> Condition:
    """The run ended with a verdict."""
    return condition(RunCondition.COMPLETE, reason, message)


def failed(reason: str, message: str) -> tuple[Condition, ...]:
    """The run ended without a verdict, and a person must act."""
    return (*stalled(reason, message), condition(RunCondition.FAILED, reason, message))
