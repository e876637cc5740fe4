"""Conditions in kstatus polarity: what every kind says about itself, and how edits are merged."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ApiModel, Count, Message, Time

__all__ = ["Condition", "ConditionStatus", "ConditionType", "merge_conditions"]


class ConditionStatus(StrEnum):
    """The three values that Kubernetes gives a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(StrEnum):
    """The condition types that kinds share; a kind lists more beside its own model.

    Ready: the object does what its spec says. Reconciling: the operator is at work on it, present
    only while True. Stalled: a person must act, present only while True.
    """

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Condition(ApiModel):
    """One observation, as metav1.Condition."""

    type: Annotated[str, Field(max_length=64)]
    status: ConditionStatus
    observed_generation: Count = 0
    last_transition_time: Time
    reason: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    message: Message = ""


def merge_conditions(
    current: Iterable[Condition], wanted: Iterable[Condition]
) -> tuple[Condition, ...]:
    """Return the wanted conditions; the transition time moves only when the status flips."""
    before = {condition.type: condition for condition in current}
    merged = []
    for condition in wanted:
        old = before.get(condition.type)
        if old is not None and old.status == condition.status:
            condition = condition.model_copy(
                update={"last_transition_time": old.last_transition_time}
            )
        merged.append(condition)
    return tuple(merged)
