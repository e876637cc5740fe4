"""The conditions of a status, in kstatus polarity."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from tidewheel_contracts.api.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    merge_conditions,
)
from tidewheel_operator.policies.observed import Metadata, to_time

__all__ = ["condition", "ready", "stalled", "summary", "working"]

_LONGEST_MESSAGE = 4000


def condition(
    type_: str, reason: str, message: str, *, status: ConditionStatus = ConditionStatus.TRUE
) -> Condition:
    """Return a condition whose time and generation `summary` fills in."""
    return Condition(
        type=type_,
        status=status,
        reason=reason,
        message=message[:_LONGEST_MESSAGE],
        last_transition_time="",
    )


def ready(reason: StrEnum, message: str) -> tuple[Condition, ...]:
    """The object does what its spec says."""
    return (condition(ConditionType.READY, reason, message),)


def working(reason: str, message: str) -> tuple[Condition, ...]:
    """The operator, or what it waits for, will get there without a person."""
    return (
        condition(ConditionType.READY, reason, message, status=ConditionStatus.FALSE),
        condition(ConditionType.RECONCILING, reason, message),
    )


def stalled(reason: str, message: str) -> tuple[Condition, ...]:
    """A person must act."""
    return (
        condition(ConditionType.READY, reason, message, status=ConditionStatus.FALSE),
        condition(ConditionType.STALLED, reason, message),
    )


def summary(
    current: Iterable[Condition],
    metadata: Metadata,
    now: datetime,
    wanted: Iterable[Condition],
) -> tuple[Condition, ...]:
    """Return the wanted conditions, stamped; times move only where a status flips."""
    stamped = [
        item.model_copy(
            update={
                "observed_generation": metadata.generation,
                "last_transition_time": to_time(now),
            }
        )
        for item in wanted
    ]
    return merge_conditions(current, stamped)
