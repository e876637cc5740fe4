"""What a policy answers: the writes that bring the world one step closer to the spec."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.policies.events import Event

__all__ = ["Decision"]

StatusT = TypeVar("StatusT", bound=Status)
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Decision(Generic[StatusT]):
    """Writes in the order in which they are made: create, apply, status, delete, events.

    A child that is created once is the record of the intent, so it comes before the status that
    copies it; a child is deleted only after what it told is in the status. An intent that no child
    can carry (a version number, a promotion) is a decision of its own that holds the status alone.
    Events tell of the deletes; what a status says has its own (`events_of`).
    """

    status: StatusT
    create: tuple[Object, ...] = ()
    apply: tuple[Object, ...] = ()
    delete: tuple[Object, ...] = ()
    events: tuple[Event, ...] = ()
    requeue_seconds: float | None = None
