"""One step of one object: parse it, let its kind decide, carry the decision out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from tidewheel_contracts.api.model import ApiModel
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Metadata, Observed, Unreadable, parse_status
from tidewheel_operator.policies.settled import block, refuse
from tidewheel_operator.reconcile import observe
from tidewheel_operator.reconcile.carry_out import (
    Blocked,
    Carried,
    Held,
    Result,
    carry_out,
    create_first,
)
from tidewheel_operator.reconcile.measures import measure_end, measure_job
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.resources import JOBS, RAY_JOBS, Resource, resource_of

__all__ = ["Again", "Reconciler", "reconcile"]

SpecT = TypeVar("SpecT", bound=ApiModel)
StatusT = TypeVar("StatusT", bound=Status)
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Again:
    """When an object is to be looked at again: after a while, at once, when it changes, never."""

    seconds: float | None = None
    is_stale: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Reconciler(Generic[SpecT, StatusT]):
    """How one kind is reconciled; `decide` observes from the cache and asks the policy.

    `block` is the decision of an object that the API server lets nothing be done for.
    """

    resource: Resource
    spec: type[SpecT]
    status: type[StatusT]
    decide: Callable[[World, Observed[SpecT, StatusT]], Awaitable[Decision[StatusT]]]
    block: Callable[[Metadata, StatusT, str, str, datetime], Decision[StatusT]] = block


async def reconcile(
    reconciler: Reconciler[Any, Any], world: World, namespace: str, name: str
) -> Again:
    """Bring one object one step closer to its spec."""
    item = world.cache.get(reconciler.resource, namespace, name)
    if item is None or "deletionTimestamp" in item["metadata"]:
        return Again(is_gone=True)
    observed = observe.parsed(world, item, reconciler.spec, reconciler.status)
    if isinstance(observed, Unreadable):
        decision = refuse(observed, parse_status(item, reconciler.status), world.clock())
    else:
        decision = await reconciler.decide(world, observed)
        if _is_about_jobs(decision):
            made = await create_first(world, reconciler.resource, item, decision.create)
            if made is Carried.DONE:
                # A Job that is new to the cache marks its owner dirty, which enters the line again:
                # of a thousand owners each has its Job before the first has its status.
                measure_job(item, world.clock())
                return Again()
            if not isinstance(made, Held):
                return await _after(reconciler, world, item, decision, made)
    result = await carry_out(world, reconciler.resource, item, decision)
    return await _after(reconciler, world, item, decision, result)


def _is_about_jobs(decision: Decision[Any]) -> bool:
    """Tell whether Jobs are created: they carry what the status says, which is then written once.

    Decided before the Job was there, the status would be written a second time right after.
    """
    return bool(decision.create) and all(
        resource_of(item) in (JOBS, RAY_JOBS) for item in decision.create
    )


async def _after(
    reconciler: Reconciler[Any, Any],
    world: World,
    item: Object,
    decision: Decision[Any],
    result: Result,
) -> Again:
    """Say when to look again after a decision that went as it did."""
    if isinstance(result, Blocked):
        return await _say_blocked(reconciler, world, item, result)
    if isinstance(result, Held):
        asked = decision.requeue_seconds
        return Again(result.seconds if asked is None else min(result.seconds, asked))
    if result is Carried.DONE:
        measure_end(item, decision.status)
    return Again(decision.requeue_seconds, is_stale=result is Carried.STALE)


async def _say_blocked(
    reconciler: Reconciler[Any, Any], world: World, item: Object, blocked: Blocked
) -> Again:
    observed = observe.parsed(world, item, reconciler.spec, reconciler.status)
    status = parse_status(item, reconciler.status)
    decision = reconciler.block(
        observed.metadata, status, blocked.reason, blocked.message, world.clock()
    )
    result: Result = await carry_out(world, reconciler.resource, item, decision)
    return Again(decision.requeue_seconds, is_stale=result is Carried.STALE)
