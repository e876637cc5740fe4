"""Answers that every kind can give: accepted as it is, blocked by the server, unreadable."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.policies.conditions import ready, stalled, summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Metadata, Unreadable

__all__ = ["accept", "block", "refuse"]

StatusT = TypeVar("StatusT", bound=Status)

_BLOCKED_SECONDS = 60.0


def accept(
    metadata: Metadata,
    status: StatusT,
    reason: StrEnum,
    message: str,
    now: datetime,
    *others: Condition,
) -> Decision[StatusT]:
    """Return the decision that says the object is usable, and what other conditions say of it."""
    return Decision(status=_stamped(metadata, status, (*ready(reason, message), *others), now))


def block(
    metadata: Metadata, status: StatusT, reason: str, message: str, now: datetime
) -> Decision[StatusT]:
    """Return the decision that says what keeps the operator from acting; it tries again."""
    after = _stamped(metadata, status, stalled(reason, message), now)
    return Decision(status=after, requeue_seconds=_BLOCKED_SECONDS)


def refuse(unreadable: Unreadable, status: StatusT, now: datetime) -> Decision[StatusT]:
    """Return the decision that says what is wrong with an object, field by field."""
    wanted = stalled("Invalid", unreadable.message)
    return Decision(status=_stamped(unreadable.metadata, status, wanted, now))


def _stamped(
    metadata: Metadata, status: StatusT, wanted: tuple[Condition, ...], now: datetime
) -> StatusT:
    conditions = summary(status.conditions, metadata, now, wanted)
    return status.model_copy(
        update={"observed_generation": metadata.generation, "conditions": conditions}
    )
