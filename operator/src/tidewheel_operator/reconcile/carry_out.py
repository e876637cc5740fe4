"""Carrying out a decision: create, apply, status, delete, each safe to be the last one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_operator.logs import about
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.drift import differs
from tidewheel_operator.policies.events import Event, events_of
from tidewheel_operator.policies.merge_patch import merge_patch
from tidewheel_operator.policies.observed import parse_status
from tidewheel_operator.reconcile.name_conflict import name_conflict
from tidewheel_operator.reconcile.post_event import post_event
from tidewheel_operator.reconcile.restorations import MANY
from tidewheel_operator.reconcile.take_back import take_back
from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import Found, Refused
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.fields import field_at, object_at
from tidewheel_operator.runtime.metrics import WRITES
from tidewheel_operator.runtime.resources import MODEL_VERSIONS, Resource, resource_of

__all__ = ["Blocked", "Carried", "Held", "Result", "carry_out", "create_first", "is_same_child"]

Object = dict[str, Any]
_LOG = logging.getLogger(__name__)


class Carried(Enum):
    """How a decision went."""

    DONE = "done"
    STALE = "stale"  # the world is not as observed: observe again


@dataclass(frozen=True, slots=True)
class Blocked:
    """The API server refuses, and will until somebody changes something."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Held:
    """All is done but a child that somebody changes again and again: it waits for its turn."""

    seconds: float


Result = Carried | Blocked | Held


async def carry_out(
    world: World, resource: Resource, item: Object, decision: Decision[Any]
) -> Result:
    """Make a decision's writes, in their order; stop at the first that does not go through."""
    if _rests_on_absence(world, decision) and not await _is_as_observed(world, resource, item):
        return Carried.STALE
    result = await _make_all(world, item, decision.create, decision.apply)
    if not isinstance(result, Held) and result is not Carried.DONE:
        return result
    recorded = await _record_and_delete(world, resource, item, decision)
    if recorded is not Carried.DONE:
        return recorded
    for event in decision.events:
        await post_event(world, item, event)
    return result


async def _record_and_delete(
    world: World, resource: Resource, item: Object, decision: Decision[Any]
) -> Result:
    """Write the status before anything goes that it tells of.

    A status in which only conditions are new is written last: the refusal of a delete would be told
    in them, and taken back at the next look, without end.
    """
    if _is_recorded(item, decision.status):
        deleted = await _delete_all(world, decision.delete)
        if deleted is not Carried.DONE:
            return deleted
        return await _write_status(world, resource, item, decision.status)
    written = await _write_status(world, resource, item, decision.status)
    if written is not Carried.DONE:
        return written
    return await _delete_all(world, decision.delete)


def _is_recorded(item: Object, status: Status) -> bool:
    return merge_patch(object_at(item, "status"), status.to_wire()).keys() <= {"conditions"}


async def create_first(
    world: World, resource: Resource, item: Object, manifests: Sequence[Object]
) -> Result:
    """Make only the children that a decision creates, so that the status can tell of them."""
    if not await _is_as_observed(world, resource, item):
        return Carried.STALE
    return await _make_all(world, item, manifests, ())


async def _make_all(
    world: World, item: Object, create: Sequence[Object], apply: Sequence[Object]
) -> Result:
    waits: list[float] = []
    for write, manifests in ((_create_once, create), (_apply, apply)):
        for manifest in manifests:
            result = await write(world, item, manifest)
            if isinstance(result, Held):
                waits.append(result.seconds)
            elif result is not Carried.DONE:
                return result
    return Held(min(waits)) if waits else Carried.DONE


def _rests_on_absence(world: World, decision: Decision[Any]) -> bool:
    """Tell whether something is made or deleted: for an owner that is gone that would be waste."""
    absent = (
        world.cache.get(resource_of(item), item["metadata"]["namespace"], item["metadata"]["name"])
        is None
        for item in decision.apply
    )
    return bool(decision.create or decision.delete or any(absent))


async def _is_as_observed(world: World, resource: Resource, item: Object) -> bool:
    """Confirm by a live read what a create or delete is about to conclude from the cache."""
    metadata = item["metadata"]
    outcome = await world.api.get(resource, metadata["namespace"], metadata["name"])
    if isinstance(outcome, Refused):
        return False
    live = outcome.object["metadata"]
    if live["uid"] == metadata["uid"] and live["resourceVersion"] == metadata["resourceVersion"]:
        return "deletionTimestamp" not in live
    world.cache.put(resource, outcome.object)
    return False


async def _create_once(world: World, parent: Object, manifest: Object) -> Result:
    resource, metadata = resource_of(manifest), manifest["metadata"]
    result = await _create(world, parent, manifest)
    live = world.cache.get(resource, metadata["namespace"], metadata["name"])
    if result is Carried.DONE and live is not None and resource.selector:
        await take_back(world, resource, live)
    return result


async def _create(world: World, parent: Object, manifest: Object) -> Result:
    resource = resource_of(manifest)
    wait = world.restorations.seconds_to_wait(manifest, world.clock())
    if wait > 0:
        return Held(wait)
    outcome = await world.api.create(resource, manifest)
    if isinstance(outcome, Found):
        WRITES.labels(resource.kind, "create").inc()
        world.cache.put(resource, outcome.object)
        await _note(world, parent, manifest)
        return Carried.DONE
    if not outcome.is_conflict:
        return _refusal("create", manifest, outcome)
    return await _meet_namesake(world, resource, manifest)


async def _meet_namesake(world: World, resource: Resource, manifest: Object) -> Result:
    metadata = manifest["metadata"]
    outcome = await world.api.get(resource, metadata["namespace"], metadata["name"])
    if isinstance(outcome, Refused):
        return Carried.STALE
    if not is_same_child(outcome.object, manifest):
        if _has_same_number(outcome.object, manifest):
            return Carried.STALE
        return Blocked("NameConflict", name_conflict(outcome.object, manifest))
    world.cache.put(resource, outcome.object)
    return Carried.DONE


def is_same_child(live: Object, manifest: Object) -> bool:
    """Tell whether a namesake is the child that we wanted: names prove nothing, uids do."""
    wanted_owner = owner_of(manifest)
    if wanted_owner is not None:
        owner = owner_of(live)
        return owner is not None and owner["uid"] == wanted_owner["uid"]
    return bool(field_at(live, "spec", "run") == manifest["spec"].get("run"))


def _has_same_number(live: Object, manifest: Object) -> bool:
    """Tell whether another run was quicker with its version: then the next number is taken."""
    fields = ("modelName", "number")
    one, other = (
        tuple(field_at(item, "spec", field) for field in fields) for item in (live, manifest)
    )
    return resource_of(manifest) == MODEL_VERSIONS and one == other


async def _note(world: World, parent: Object, manifest: Object) -> None:
    """Remember the write, and tell a person once when somebody undoes it again and again."""
    if world.restorations.note(manifest, world.clock()) != MANY:
        return
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    message = (
        f"{kind} '{name}' is changed or deleted by somebody else again and again; it is put right "
        "ever more seldom until that ends. `kubectl get --show-managed-fields` tells who it is"
    )
    await post_event(world, parent, Event("Warning", "ChildContested", message))


async def _apply(world: World, parent: Object, manifest: Object) -> Result:
    resource, metadata = resource_of(manifest), manifest["metadata"]
    live = world.cache.get(resource, metadata["namespace"], metadata["name"])
    if live is None:
        result = await _create(world, parent, manifest)
        live = world.cache.get(resource, metadata["namespace"], metadata["name"])
        if result is not Carried.DONE or live is None:
            return result
    if not is_same_child(live, manifest):
        return await _meet_namesake(world, resource, manifest)
    if not differs(manifest, live):
        return Carried.DONE
    wait = world.restorations.seconds_to_wait(manifest, world.clock())
    if wait > 0:
        return Held(wait)
    # The uid makes the server refuse to create, and to touch a namesake.
    pinned = {**manifest, "metadata": {**metadata, "uid": live["metadata"]["uid"]}}
    outcome = await world.api.apply(resource, pinned)
    if isinstance(outcome, Found):
        WRITES.labels(resource.kind, "apply").inc()
        world.cache.put(resource, outcome.object)
        await _note(world, parent, manifest)
        return Carried.DONE
    if outcome.is_conflict or outcome.is_missing:
        return Carried.STALE
    return _refusal("apply", manifest, outcome)


async def _write_status(world: World, resource: Resource, item: Object, status: Status) -> Result:
    before = object_at(item, "status")
    patch = merge_patch(before, status.to_wire())
    if not patch:
        return Carried.DONE
    metadata = item["metadata"]
    body = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "status": patch}
    outcome = await world.api.patch_status(resource, metadata["namespace"], metadata["name"], body)
    if isinstance(outcome, Refused):
        if outcome.is_missing or outcome.is_conflict:
            return Carried.STALE
        await _tell_refused(world, item, outcome)
        return Carried.STALE
    WRITES.labels(resource.kind, "status").inc()
    world.cache.put(resource, outcome.object)
    for event in events_of(parse_status(item, type(status)), status):
        await post_event(world, item, event)
    return Carried.DONE


async def _tell_refused(world: World, item: Object, outcome: Refused) -> None:
    """Say in an event what no status can say: most likely the CRDs are of another release."""
    message = f"the API server refused the status: {outcome.message}"
    _LOG.error("%s", message, extra=about(item["kind"], item["metadata"]))
    await post_event(world, item, Event("Warning", "StatusRefused", message))


async def _delete_all(world: World, targets: Sequence[Object]) -> Result:
    for target in targets:
        deleted = await _delete(world, target)
        if deleted is not Carried.DONE:
            return deleted
    return Carried.DONE


async def _delete(world: World, target: Object) -> Result:
    resource, metadata = resource_of(target), target["metadata"]
    outcome = await world.api.delete(resource, target)
    if isinstance(outcome, Refused):
        if not outcome.is_missing:
            return Carried.STALE if outcome.is_conflict else _refusal("delete", target, outcome)
        if not await _is_gone(world, resource, metadata):
            return Carried.STALE
    WRITES.labels(resource.kind, "delete").inc()
    world.restorations.forget(target)
    world.cache.remove(resource, metadata["namespace"], metadata["name"], metadata["uid"])
    return Carried.DONE


async def _is_gone(world: World, resource: Resource, metadata: Object) -> bool:
    """Confirm by a live read that an object is no more: what is forgotten never comes back."""
    outcome = await world.api.get(resource, metadata["namespace"], metadata["name"])
    if isinstance(outcome, Refused):
        return outcome.is_missing
    return bool(outcome.object["metadata"]["uid"] != metadata["uid"])


def _refusal(verb: str, manifest: Object, outcome: Refused) -> Blocked:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    message = f"the API server refused to {verb} {kind} '{name}': {outcome.message}"
    return Blocked("RequestRefused", message)
