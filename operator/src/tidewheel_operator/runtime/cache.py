"""The cache: the newest known state of every watched object, fed by watches and by own writes."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from tidewheel_operator.runtime.indexes import INDEXES, Index
from tidewheel_operator.runtime.resources import Resource
from tidewheel_operator.runtime.trimming import trimmed

__all__ = ["Cache", "owner_of"]

Object = dict[str, Any]
# What changed, and what it was before; nothing if it is new, gone or only pointed at.
Listener = Callable[[Resource, Object, Object | None], None]

_MOST_GONE = 10_000
# What every object of a namespace refers to is asked for all the time; the rest may be made again.
_MOST_NOTES = 2048


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
    """Objects by kind, namespace and name, by the uid of their controller, and by indexes.

    An object in the cache never changes: a newer state of it is another one.
    """

    def __init__(self) -> None:
        self._objects: dict[Resource, dict[str, dict[str, Object]]] = {}
        self._children: dict[tuple[Resource, str], dict[str, Object]] = {}
        self._named: dict[tuple[Index, str, str], dict[str, None]] = {}
        self._listeners: list[Listener] = []
        self._gone: dict[str, float] = {}
        self._notes: dict[str, object] = {}

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every object that appears, changes or goes."""
        self._listeners.append(listener)

    def put(self, resource: Resource, item: Object) -> bool:
        """Take an object in, unless a newer state of it is known; tell whether it was taken."""
        metadata = item["metadata"]
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        known = self.get(resource, namespace, name)
        if _version(item) < self._gone.get(uid, 0):
            return False
        if known is not None and not _supersedes(item, known):
            return False
        self._gone.pop(uid, None)
        kept = trimmed(resource, item)
        self._objects.setdefault(resource, {}).setdefault(namespace, {})[name] = kept
        self._link(resource, known, kept)
        if known is not None and known["metadata"]["uid"] != uid:
            self._notes.pop(known["metadata"]["uid"], None)
            known = None
        self._notify(resource, kept, known)
        return True

    def touch(self, resource: Resource, item: Object) -> None:
        """Tell the listeners about an object though it did not change."""
        self._notify(resource, item, None)

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
        known = self.get(resource, namespace, name)
        if known is None or known["metadata"]["uid"] != uid:
            return
        _discard(self._objects[resource], namespace, name)
        self._link(resource, known, None)
        self._notes.pop(uid, None)
        self._notify(resource, known, None)

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return one object."""
        return self._objects.get(resource, {}).get(namespace, {}).get(name)

    def all(self, resource: Resource, namespace: str | None = None) -> list[Object]:
        """Return all objects of a kind, in a namespace or everywhere, in order of their names."""
        found = self._objects.get(resource, {})
        namespaces = sorted(found) if namespace is None else [namespace]
        return [item for one in namespaces for item in _in_order(found.get(one, {}))]

    def find(self, index: Index, namespace: str, text: str | None) -> list[Object]:
        """Return the objects that an index has under a text, in order of their names."""
        names = self._named.get((index, namespace, text or ""), {})
        if not names:
            return []
        found = self._objects[index.resource][namespace]
        return [found[name] for name in sorted(names)]

    def children(self, resource: Resource, owner_uid: str) -> list[Object]:
        """Return the objects of a kind whose controller has this uid, in order of their names."""
        found = self._children.get((resource, owner_uid), {})
        return sorted(found.values(), key=lambda item: str(item["metadata"]["name"]))

    def note(self, uid: str) -> object | None:
        """Return what was noted last about an object."""
        found = self._notes.pop(uid, None)
        if found is not None:
            self._notes[uid] = found
        return found

    def take_note(self, uid: str, note: object) -> None:
        """Keep something about an object that was made from it, at most until the object goes.

        Of too many, the ones that were asked for longest ago are dropped.
        """
        self._notes.pop(uid, None)
        self._notes[uid] = note
        _keep_newest(self._notes, _MOST_NOTES)

    def _link(self, resource: Resource, before: Object | None, after: Object | None) -> None:
        """Let the indexes and the controllers know an object by its new state only."""
        for index in _INDEXES.get(resource, ()):
            old, new = _place(index, before), _place(index, after)
            if old != new:
                self._move(old, new)
        if before is not None and (owner := owner_of(before)) is not None:
            _discard(self._children, (resource, owner["uid"]), before["metadata"]["uid"])
        if after is not None and (owner := owner_of(after)) is not None:
            siblings = self._children.setdefault((resource, owner["uid"]), {})
            siblings[after["metadata"]["uid"]] = after

    def _move(self, old: "_Place | None", new: "_Place | None") -> None:
        if old is not None:
            _discard(self._named, old[0], old[1])
        if new is not None:
            self._named.setdefault(new[0], {})[new[1]] = None

    def _remember_gone(self, uid: str, version: float) -> None:
        # A late event must not bring a deleted object back; uids are never reused.
        self._gone[uid] = max(version, self._gone.get(uid, 0))
        _keep_newest(self._gone, _MOST_GONE)

    def _notify(self, resource: Resource, item: Object, before: Object | None) -> None:
        for listener in self._listeners:
            listener(resource, item, before)


# An index with namespace and text, and a name under it.
_Place = tuple[tuple[Index, str, str], str]
_INDEXES: dict[Resource, list[Index]] = {
    resource: [index for index in INDEXES if index.resource == resource]
    for resource in {index.resource for index in INDEXES}
}


def _place(index: Index, item: Object | None) -> _Place | None:
    text = index.text_of(item) if item is not None else None
    if item is None or text is None:
        return None
    metadata = item["metadata"]
    return (index, metadata["namespace"], text), metadata["name"]


def _in_order(named: dict[str, Object]) -> Iterable[Object]:
    return (named[name] for name in sorted(named))


def _discard(groups: dict[Any, dict[str, Any]], group: object, key: str) -> None:
    """Take one key out of its group, and the group away when it was the last."""
    members = groups.get(group, {})
    members.pop(key, None)
    if not members:
        groups.pop(group, None)


def _keep_newest(entries: dict[str, Any], most: int) -> None:
    while len(entries) > most:
        del entries[next(iter(entries))]


def _supersedes(item: Object, known: Object) -> bool:
    # Resource versions are ordered for one resource type (Kubernetes 1.35 made it official; they
    # are etcd revisions before that), also from an object to its re-created namesake.
    return _version(item) > _version(known)
