"""Deletions as the API server and the garbage collector carry them out, at a chosen moment.

`Foreground` and `Orphan` mark the owner first; dependents are deleted or let go one after the
other, with the operator at work in between, and the owner goes last. The real collector does not
wait for dependents that do not block their owner, so this is the harder order for an operator.
"""

from collections.abc import Callable
from enum import Enum

from tests.builders import NAMESPACE, Object, time_text
from tests.unit.operator.memory_api import MemoryServer
from tests.unit.operator.simulation.world import Simulation

from tidewheel_operator.runtime.api import Outcome, Refused
from tidewheel_operator.runtime.event_source import Change
from tidewheel_operator.runtime.resources import RESOURCES, Resource

Found = tuple[Resource, Object]


class Propagation(Enum):
    """What becomes of the dependents of an object that is deleted."""

    BACKGROUND = ""
    FOREGROUND = "foregroundDeletion"
    ORPHAN = "orphan"


def at_write(simulation: Simulation, index: int, act: Callable[[], bool]) -> list[int]:
    """Act right after the operator's write `index`, or after the first one at which it can be done.

    Returns:
        a list that holds the write at which it was done, once it was.
    """
    done: list[int] = []
    is_acting = False

    def watch(resource: Resource, change: Change, item: Object) -> None:
        nonlocal is_acting
        count = len(simulation.api.writes)
        if done or is_acting or count < index:
            return
        is_acting = True
        if act():
            done.append(count)
        is_acting = False

    simulation.server.watchers.append(watch)
    return done


def delete(
    simulation: Simulation, resource: Resource, item: Object, propagation: Propagation
) -> None:
    """Delete an object as `kubectl delete --cascade` does."""
    if propagation is Propagation.BACKGROUND:
        simulation.server.remove(resource, item)
        return

    def mark(marked: Object) -> None:
        marked["metadata"]["deletionTimestamp"] = time_text(simulation.clock())
        marked["metadata"]["finalizers"] = [propagation.value]

    simulation.server.edit(resource, item, mark)


def with_collector(simulation: Simulation) -> None:
    """Let the garbage collector take one step whenever the other controllers take theirs."""
    act = simulation.controllers.act
    simulation.controllers.act = lambda: (
        _collect(  # type: ignore[method-assign]
            simulation.server
        )
        or act()
    )


def _collect(server: MemoryServer) -> bool:
    for resource, item in everything(server):
        finalizers = item["metadata"].get("finalizers") or ()
        if "deletionTimestamp" not in item["metadata"] or not finalizers:
            continue
        dependent = next(iter(_dependents(server, item)), None)
        if dependent is None:
            server.remove(resource, item)
        elif Propagation.FOREGROUND.value in finalizers:
            server.remove(*dependent)
        else:
            server.edit(*dependent, lambda taken: taken["metadata"].pop("ownerReferences"))
        return True
    return False


def everything(server: MemoryServer) -> list[Found]:
    """Return all objects of watched kinds."""
    return [(resource, item) for resource in RESOURCES for item in server.all(resource)]


def _dependents(server: MemoryServer, owner: Object) -> list[Found]:
    uid = owner["metadata"]["uid"]
    return [
        (resource, item)
        for resource, item in everything(server)
        if any(
            reference["uid"] == uid for reference in item["metadata"].get("ownerReferences") or ()
        )
    ]


def end_namespace(simulation: Simulation) -> None:
    """Let the namespace take no new object, as one that is being deleted does."""

    def refuse(resource: Resource, manifest: Object) -> Outcome:
        name = manifest["metadata"]["name"]
        message = (
            f'{resource.plural} "{name}" is forbidden: unable to create new content in namespace '
            f"{NAMESPACE} because it is being terminated"
        )
        return Refused(403, message)

    simulation.server.create = refuse  # type: ignore[method-assign]
    # Controllers cannot create anything either, so no Job ends any more.
    simulation.controllers.act = lambda: False  # type: ignore[method-assign]
