"""An API server in memory, and the Api that the operator is given of it.

It keeps what the operator's promises rest on, as tried on a real 1.36: uids and resource versions,
409 for a taken name and for a stale resource version, preconditions of deletes, a status that only
the subresource writes, generations that follow the spec, server-side apply pinned by uid, label
selectors of watches. It validates our own kinds by their models.
"""

import copy
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from tests.builders import Object, models_of, time_text

from tidewheel_contracts.api.v1alpha1.common import pending_conditions
from tidewheel_operator.policies.merge_patch import merge_patch
from tidewheel_operator.runtime.api import Found, Outcome, Refused
from tidewheel_operator.runtime.cache import owner_of
from tidewheel_operator.runtime.event_source import Change, OnChange
from tidewheel_operator.runtime.resources import OWN_RESOURCES, Resource

Place = tuple[Resource, str, str]


class MemoryServer:
    """The objects of a cluster. Its methods are what users and controllers do."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.objects: dict[Place, Object] = {}
        self.watchers: list[OnChange] = []
        self._clock = clock
        self._revision = 0
        self._incarnations: dict[Place, int] = {}
        self._applied: dict[str, Object] = {}

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return a copy of an object."""
        return copy.deepcopy(self.objects.get((resource, namespace, name)))

    def all(self, resource: Resource, namespace: str | None = None) -> list[Object]:
        """Return copies of all objects of a kind, in order of their names."""
        return [copy.deepcopy(self.objects[place]) for place in self._places(resource, namespace)]

    def orphans(self, resource: Resource) -> list[Object]:
        """Return copies of the objects of a kind whose controller is gone."""
        uids = {item["metadata"]["uid"] for item in self.objects.values()}
        owners = ((place, owner_of(self.objects[place])) for place in self._places(resource))
        return [
            copy.deepcopy(self.objects[place])
            for place, owner in owners
            if owner is not None and owner["uid"] not in uids
        ]

    def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object; its status is dropped as the API server drops it."""
        item = copy.deepcopy(manifest)
        place = (resource, item["metadata"]["namespace"], item["metadata"]["name"])
        if place in self.objects:
            return Refused(409, f"{resource.plural} {place[2]!r} already exists")
        invalid = _problem(resource, item)
        if invalid:
            return Refused(422, invalid)
        self._incarnations[place] = self._incarnations.get(place, 0) + 1
        item["metadata"] |= {
            "uid": f"{resource.kind.lower()}-{place[2]}-{self._incarnations[place]}",
            "generation": 1,
            "creationTimestamp": time_text(self._clock()),
        }
        item.pop("status", None)
        if resource in OWN_RESOURCES:
            item["status"] = {"conditions": pending_conditions()}
        return Found(self._store(place, item))

    def edit(self, resource: Resource, item: Object, change: Callable[[Object], None]) -> Object:
        """Change anything of an object but its status."""
        place = _place(resource, item)
        edited = copy.deepcopy(self.objects[place])
        change(edited)
        return self._update(place, edited)

    def set_status(self, resource: Resource, item: Object, status: Object) -> Object:
        """Replace the status of an object."""
        place = _place(resource, item)
        return self._update(place, {**copy.deepcopy(self.objects[place]), "status": status})

    def remove(self, resource: Resource, item: Object) -> None:
        """Delete an object; the garbage collector follows later."""
        place = _place(resource, item)
        gone = self.objects.pop(place)
        self._revision += 1
        gone["metadata"]["resourceVersion"] = str(self._revision)
        self._tell(resource, Change.GONE, gone)

    def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply fields by force; fields of an earlier apply that are no longer named go."""
        place, uid = _place(resource, manifest), manifest["metadata"]["uid"]
        live = self.objects.get(place)
        if live is None:
            return Refused(409, f"uid mismatch: {uid} given, and no existing object was found")
        if live["metadata"]["uid"] != uid:
            return Refused(422, "metadata.uid: field is immutable")
        merged = _without(live, self._applied.get(uid, {}), manifest)
        merged = _merged(merged, manifest)
        invalid = _problem(resource, merged)
        if invalid:
            return Refused(422, invalid)
        self._applied[uid] = copy.deepcopy(manifest)
        return Found(self._update(place, merged))

    def replace(self, resource: Resource, manifest: Object) -> Outcome:
        """Replace an object, unless it has changed since."""
        place, metadata = _place(resource, manifest), manifest["metadata"]
        live = self.objects.get(place)
        if live is None:
            return Refused(404, f"{resource.plural} {place[2]!r} not found")
        if live["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            return Refused(409, "the object has been modified")
        kept = {**live["metadata"], **metadata}
        return Found(self._update(place, {**copy.deepcopy(manifest), "metadata": kept}))

    def annotate(self, resource: Resource, item: Object, annotations: Object) -> Outcome:
        """Set annotations, unless the object has changed since."""
        place, metadata = _place(resource, item), item["metadata"]
        live = self.objects.get(place)
        if live is None:
            return Refused(404, f"{resource.plural} {place[2]!r} not found")
        if live["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            return Refused(409, "the object has been modified")
        edited = copy.deepcopy(live)
        edited["metadata"].setdefault("annotations", {}).update(annotations)
        return Found(self._update(place, edited))

    def patch_status(self, resource: Resource, namespace: str, name: str, patch: Object) -> Outcome:
        """Merge a patch into the status, unless the object has changed since."""
        live = self.objects.get((resource, namespace, name))
        if live is None:
            return Refused(404, f"{resource.plural} {name!r} not found")
        if patch["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            return Refused(409, "the object has been modified")
        status = _patched(live.get("status") or {}, patch["status"])
        return Found(self._update((resource, namespace, name), {**live, "status": status}))

    def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the observed object."""
        live, metadata = self.objects.get(_place(resource, target)), target["metadata"]
        if live is None:
            return Refused(404, f"{resource.plural} {metadata['name']!r} not found")
        for field in ("uid", "resourceVersion"):
            if live["metadata"][field] != metadata[field]:
                return Refused(409, f"the {field} in the precondition does not match")
        self.remove(resource, live)
        return Found({"kind": "Status", "status": "Success"})

    def _places(self, resource: Resource, namespace: str | None = None) -> list[Place]:
        found = [
            place
            for place in self.objects
            if place[0] == resource and namespace in (None, place[1])
        ]
        return sorted(found, key=lambda place: place[1:])

    def _update(self, place: Place, item: Object) -> Object:
        before = self.objects[place]
        if item == before:
            return copy.deepcopy(before)
        metadata = dict(item["metadata"])
        if item.get("spec") != before.get("spec"):
            metadata["generation"] = before["metadata"]["generation"] + 1
        return self._store(place, {**item, "metadata": metadata})

    def _store(self, place: Place, item: Object) -> Object:
        self._revision += 1
        item["metadata"]["resourceVersion"] = str(self._revision)
        self.objects[place] = item
        self._tell(place[0], Change.SEEN, item)
        return copy.deepcopy(item)

    def _tell(self, resource: Resource, change: Change, item: Object) -> None:
        seen = change if matches(resource.selector, item) else Change.GONE
        for watcher in self.watchers:
            watcher(resource, seen, copy.deepcopy(item))


class MemoryApi:
    """The operator's access to a server in memory."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        item = self.server.find(resource, namespace, name)
        return Found(item) if item is not None else Refused(404, f"{name!r} not found")

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read all objects that a selector matches."""
        return [item for item in self.server.all(resource, namespace) if matches(selector, item)]

    async def list_metadata(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read what names the objects that a selector matches."""
        return [
            {key: item["metadata"][key] for key in ("namespace", "name", "uid", "resourceVersion")}
            for item in await self.list_all(resource, namespace, selector)
        ]

    async def replace(self, resource: Resource, manifest: Object) -> Outcome:
        """Replace an object, unless it has changed since."""
        return self.server.replace(resource, manifest)

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""
        return self.server.create(resource, manifest)

    async def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply our fields."""
        return self.server.apply(resource, manifest)

    async def annotate(
        self, resource: Resource, item: Object, annotations: Mapping[str, str]
    ) -> Outcome:
        """Set annotations of an object."""
        return self.server.annotate(resource, item, dict(annotations))

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Object
    ) -> Outcome:
        """Merge a patch into a status."""
        return self.server.patch_status(resource, namespace, name, patch)

    async def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the observed object."""
        return self.server.delete(resource, target)


def matches(selector: str, item: Object) -> bool:
    """Tell whether an object's labels satisfy a selector of the form `key=value`."""
    key, _, value = selector.partition("=")
    return not selector or (item["metadata"].get("labels") or {}).get(key) == value


def _place(resource: Resource, item: Object) -> Place:
    return (resource, item["metadata"]["namespace"], item["metadata"]["name"])


def _problem(resource: Resource, item: Object) -> str:
    """Return what is wrong with the spec of one of our kinds."""
    if resource not in OWN_RESOURCES:
        return ""
    spec, _ = models_of(resource.kind)
    try:
        spec.model_validate(item.get("spec") or {})
    except ValidationError as error:
        return str(error)
    return ""


def _patched(before: Object, patch: Object) -> Object:
    """Return the result of a JSON merge patch."""
    after = {key: value for key, value in before.items() if patch.get(key, value) is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            old = before.get(key)
            after[key] = _patched(old if isinstance(old, dict) else {}, value)
        elif value is not None:
            after[key] = copy.deepcopy(value)
    return after


def _merged(live: Any, wanted: Any) -> Any:
    """Return `live` with every field of `wanted`; lists of equally many objects are merged."""
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {**live, **{key: _merged(live.get(key), value) for key, value in wanted.items()}}
    if isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        return [_merged(one, other) for one, other in zip(live, wanted, strict=True)]
    return copy.deepcopy(wanted)


def _without(live: Object, applied: Object, wanted: Object) -> Object:
    """Return `live` without what was applied before and is not wanted any more."""
    dropped = merge_patch(applied, wanted)
    kept: Object = {}
    for key, value in live.items():
        change = dropped.get(key, value)
        if change is None and key in applied:
            continue
        if isinstance(value, dict) and isinstance(change, dict) and key in dropped:
            kept[key] = _without(value, applied.get(key, {}), wanted.get(key, {}))
        else:
            kept[key] = copy.deepcopy(value)
    return kept
