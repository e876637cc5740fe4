"""A person who applies specs of one object, and reads what becomes of it."""

import json
from dataclasses import dataclass
from typing import Any

from tests.builders import Object
from tests.faults.loop.lane import Lane
from tests.faults.specs.invalid_specs import to_json

from tidewheel_operator.runtime.resources import OWN_RESOURCES, Resource

__all__ = ["Answer", "Person", "resource_named"]

_REST_SECONDS = 30.0
_RETRY_SECONDS = 0.05
_CONFLICT = 409
# What an earlier spec has left behind for good reasons, or what counts how often something was.
_HISTORY = frozenset({"collections", "generation", "observedGeneration", "lastTransitionTime"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said to a spec."""

    code: int
    message: str

    @property
    def is_accepted(self) -> bool:
        """Tell whether the spec is stored."""
        return self.code < 300


def resource_named(kind: str) -> Resource:
    """Return one of our kinds."""
    return next(resource for resource in OWN_RESOURCES if resource.kind == kind)


class Person:
    """Applies one object of a kind under one name in a lane's namespace."""

    def __init__(self, lane: Lane, kind: str, name: str) -> None:
        self.lane = lane
        self.resource = resource_named(kind)
        self.name = name

    def apply(self, spec: Any) -> Answer:
        """Create or replace the object with a spec that may be anything."""
        answer = self._send(spec)
        while answer.code == _CONFLICT:
            # The operator has written the status meanwhile; people and tools apply again.
            self.lane.cluster.mirror.wait(_RETRY_SECONDS)
            answer = self._send(spec)
        return answer

    def _send(self, spec: Any) -> Answer:
        found, namespace = self.find(), self.lane.namespace
        metadata = {"name": self.name, "namespace": namespace}
        path, method = self.resource.path(namespace), "POST"
        if found is not None:
            path, method = self.resource.path(namespace, self.name), "PUT"
            metadata["resourceVersion"] = found["metadata"]["resourceVersion"]
        body = {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "metadata": metadata,
            "spec": spec,
        }
        code, answer = self.lane.cluster.request(method, path, to_json(json.dumps(body)))
        if code < 300:
            self._wait_seen(int(answer["metadata"]["resourceVersion"]))
        return Answer(code, str(answer.get("message", "")))

    def delete(self) -> None:
        """Delete the object."""
        item = self.find()
        assert item is not None
        self.lane.cluster.delete(self.resource, item)
        self.lane.wait_for("the object to go", lambda: "it is there" if self.find() else None, 10)

    def find(self) -> Object | None:
        """Return the object as it is now."""
        for resource, item in self.lane.cluster.mirror.everything(self.lane.namespace):
            if resource == self.resource and item["metadata"]["name"] == self.name:
                found: Object = item
                return found
        return None

    def rest(self) -> Object:
        """Wait until the operator has answered the spec and writes nothing; return the object."""
        self.lane.wait_for("an answer to the spec", self._unanswered, _REST_SECONDS)
        self.lane.wait_rest(None, _REST_SECONDS)
        item = self.find()
        assert item is not None
        return item

    def outcome(self) -> dict[str, Any]:
        """Return what came of the spec: object and children, without history and times."""
        generation = self.rest()["metadata"]["generation"]
        found = {name: _without_history(item) for name, item in self.lane.everything().items()}
        for item in found.values():
            if "collectedGeneration" in (item.get("status") or {}):
                # How far the last look is behind the spec; how often that has changed is history.
                item["status"]["collectedGeneration"] -= generation
        return found

    def conditions(self) -> list[tuple[str, str, str, str]]:
        """Return type, status, reason and message of every condition at rest."""
        item = self.rest()
        return sorted(
            (one["type"], one["status"], one["reason"], one["message"])
            for one in item["status"]["conditions"]
        )

    def _unanswered(self) -> str | None:
        item = self.find()
        if item is None:
            return "the object is not there"
        seen = (item.get("status") or {}).get("observedGeneration")
        wanted = item["metadata"]["generation"]
        return None if seen == wanted else f"generation {seen} of {wanted}"

    def _wait_seen(self, version: int) -> None:
        def missing() -> str | None:
            item = self.find()
            seen = int(item["metadata"]["resourceVersion"]) if item is not None else 0
            return None if seen >= version else f"version {seen} of {version}"

        self.lane.wait_for("the mirror", missing, 10)


def _without_history(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_history(part) for key, part in value.items() if key not in _HISTORY}
    if isinstance(value, list):
        return [_without_history(part) for part in value]
    return value
