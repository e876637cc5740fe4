"""Events: one whenever the reason of Ready or a special condition changes, in the same words."""

from dataclasses import dataclass

from tidewheel_contracts.api.conditions import Condition, ConditionStatus, ConditionType
from tidewheel_contracts.api.v1alpha1.common import Status

__all__ = ["Event", "events_of"]


@dataclass(frozen=True, slots=True)
class Event:
    """One Kubernetes event."""

    type: str
    reason: str
    message: str


def events_of(before: Status, after: Status) -> tuple[Event, ...]:
    """Return the events that a change of status is worth."""
    old = {item.type: item for item in before.conditions}
    changed = (
        _event(item, after)
        for item in after.conditions
        if item.type not in (ConditionType.RECONCILING, ConditionType.STALLED)
        and (item.type not in old or old[item.type].reason != item.reason)
    )
    # Ready and Complete may change in the same words: that is one piece of news.
    return tuple(dict.fromkeys(changed))


def _event(item: Condition, after: Status) -> Event:
    is_stalled = any(
        other.type == ConditionType.STALLED and other.status == ConditionStatus.TRUE
        for other in after.conditions
    )
    return Event("Warning" if is_stalled else "Normal", item.reason, item.message)
