"""The cache: the newest known state of every watched object, fed by watches and by own writes."""

import math
from collections.abc import Callable
from typing import Any

from tidewheel_operator.runtime.resources import Resource

__all__ = ["Cache", "owner_of"]

Object = dict[str, Any]
Listener = Callable[[Resource, Object], None]


def owner_of(item: Object) -> Object | None:
    """Return the controller ownerReference of an object."""
    for reference in item["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            owner: Object = reference
            return owner
    return None


def _version(item: Object) -> int:
    return int(item["metadata"].get("resourceVersion") or 0)


class Cache:
    """Objects by kind, namespace and name, and children by the uid of their controller."""

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._children: dict[tuple[Resource, str], dict[str, Object]] = {}
        self._listeners: list[Listener] = []
        self._gone: dict[str, float] = {}

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every object that appears, changes or goes."""
        self._listeners.append(listener)

    def put(self, resource: Resource, item: Object) -> bool:
        """Take an object in, unless a newer state of it is known; tell whether it was taken."""
        metadata = item["metadata"]
        key = (metadata["namespace"], metadata["name"])
        known = self._objects.setdefault(resource, {}).get(key)
        if _version(item) < self._gone.get(metadata["uid"], 0):
            return False
        if known is not None and not _supersedes(item, known):
            return False
        self._gone.pop(metadata["uid"], None)
        # Bookkeeping of the API server that no rule reads, and a third of the memory.
        metadata.pop("managedFields", None)
        if known is not None:
            self._forget_child(resource, known)
        self._objects[resource][key] = item
        owner = owner_of(item)
        if owner is not None:
            self._children.setdefault((resource, owner["uid"]), {})[metadata["uid"]] = item
        self._notify(resource, item)
        return True

    def touch(self, resource: Resource, item: Object) -> None:
        """Tell the listeners about an object though it did not change."""
        self._notify(resource, item)

    def remove(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        uid: str,
        version: str | int | None = None,
    ) -> None:
        """Forget an object that is gone; a namesake with another uid stays.

        To a watch with a selector, an object that lost its label is gone as well: what is seen of
        it at `version` or later counts again. Without a version it never comes back.
        """
        self._remember_gone(uid, float(version) if version else math.inf)
        known = self._objects.get(resource, {}).get((namespace, name))
        if known is None or known["metadata"]["uid"] != uid:
            return
        del self._objects[resource][(namespace, name)]
        self._forget_child(resource, known)
        self._notify(resource, known)

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return one object."""
        return self._objects.get(resource, {}).get((namespace, name))

    def all(self, resource: Resource, namespace: str | None = None) -> list[Object]:
        """Return all objects of a kind, in a namespace or everywhere, in order of their names."""
        found = self._objects.get(resource, {})
        return [found[key] for key in sorted(found) if namespace is None or key[0] == namespace]

    def children(self, resource: Resource, owner_uid: str) -> list[Object]:
        """Return the objects of a kind whose controller has this uid, in order of their names."""
        found = self._children.get((resource, owner_uid), {})
        return sorted(found.values(), key=lambda item: str(item["metadata"]["name"]))

    def _forget_child(self, resource: Resource, item: Object) -> None:
        owner = owner_of(item)
        if owner is None:
            return
        siblings = self._children.get((resource, owner["uid"]), {})
        siblings.pop(item["metadata"]["uid"], None)
        if not siblings:
            self._children.pop((resource, owner["uid"]), None)

    def _remember_gone(self, uid: str, version: float) -> None:
        # A late event must not bring a deleted object back; uids are never reused.
        self._gone[uid] = max(version, self._gone.get(uid, 0))
        while len(self._gone) > 10_000:
            del self._gone[next(iter(self._gone))]

    def _notify(self, resource: Resource, item: Object) -> None:
        for listener in self._listeners:
            listener(resource, item)


def _supersedes(item: Object, known: Object) -> bool:
    # Resource versions are ordered for one resource type (Kubernetes 1.35 made it official; they
    # are etcd revisions before that), also from an object to its re-created namesake.
    return _version(item) > _version(known)
