"""A world around an API server in memory, whose writes can be refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.builders import NOW, Object
from tests.unit.operator.memory_api import MemoryApi, MemoryServer
from tests.unit.operator.observations import as_sent

from tidewheel_operator.reconcile.world import World
from tidewheel_operator.runtime.api import ApiUnavailableError, Outcome
from tidewheel_operator.runtime.cache import Cache
from tidewheel_operator.runtime.resources import EVENTS, Resource, resource_of
from tidewheel_operator.settings import Settings

SETTINGS = Settings(trainer_image="registry.test/trainer:1", server_image="registry.test/server:1")


@dataclass
class NotingApi(MemoryApi):
    """Notes every call; answers, refuses or fails as told for a verb and a kind."""

    server: MemoryServer
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Outcome | Exception] = field(default_factory=dict)

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        told = self._told("get", resource)
        return told or await super().get(resource, namespace, name)

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read all objects."""
        self._told("list", resource)
        return await super().list_all(resource, namespace, selector)

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""
        told = self._told("create", resource)
        return told or await super().create(resource, manifest)

    async def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply our fields."""
        told = self._told("apply", resource)
        return told or await super().apply(resource, manifest)

    async def annotate(
        self, resource: Resource, item: Object, annotations: Mapping[str, str]
    ) -> Outcome:
        """Set annotations of an object."""
        told = self._told("annotate", resource)
        return told or await super().annotate(resource, item, annotations)

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Object
    ) -> Outcome:
        """Merge a patch into a status."""
        told = self._told("status", resource)
        return told or await super().patch_status(resource, namespace, name, patch)

    async def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the observed object."""
        told = self._told("delete", resource)
        return told or await super().delete(resource, target)

    def _told(self, verb: str, resource: Resource) -> Outcome | None:
        call = f"{verb} {resource.kind}"
        self.calls.append(call)
        answer = self.answers.get(call)
        if isinstance(answer, Exception):
            raise answer
        return answer


def away() -> ApiUnavailableError:
    """Return what happens while the API server is away."""
    return ApiUnavailableError("the API server is away")


def make_world(*items: Object) -> tuple[World, NotingApi]:
    """Return a world whose server and cache hold these objects, and its API."""
    api = NotingApi(MemoryServer(lambda: NOW))
    cache = Cache()
    for item in items:
        resource = resource_of(item)
        api.server.create(resource, as_sent(item))
        if "status" in item:
            api.server.set_status(resource, item, item["status"])
        cache.put(resource, found(api, item))
    return World(api, cache, SETTINGS, lambda: NOW), api


def found(api: MemoryApi, item: Object) -> Object:
    """Return an object as the server has it now."""
    metadata = item["metadata"]
    live = api.server.find(resource_of(item), metadata["namespace"], metadata["name"])
    assert live is not None
    return live


def events(api: MemoryApi) -> list[tuple[str, str, str, str]]:
    """Return what was told by events: about whom, type, reason, message."""
    return [
        (item["involvedObject"]["name"], item["type"], item["reason"], item["message"])
        for item in api.server.all(EVENTS)
    ]
