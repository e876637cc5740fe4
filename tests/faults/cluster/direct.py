"""The API server as controllers and people reach it: directly, past every proxy."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from tests.builders import Object
from tests.faults.proxy.upstream import open_session, url_of
from tests.integration.local_server import LocalServer

from tidewheel_operator.runtime.resources import Resource

__all__ = ["Direct"]

_MERGE_PATCH = "application/merge-patch+json"
_SECONDS = aiohttp.ClientTimeout(total=30)


class Direct:
    """One session of the administrator; to be made and used in one event loop."""

    def __init__(self, server: LocalServer) -> None:
        self._url = url_of(server)
        self._session = open_session(server)

    async def send(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request; return the code and the parsed answer."""
        text = None if body is None else json.dumps(body)
        return await self.send_text(method, path, text, content_type, query)

    async def send_text(
        self,
        method: str,
        path: str,
        text: str | None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a body that need not be JSON; return the code and the parsed answer."""
        async with self._session.request(
            method,
            self._url + path,
            params=query,
            data=text,
            headers={"Content-Type": content_type},
            timeout=_SECONDS,
        ) as response:
            return response.status, json.loads(await response.read())

    async def create(self, resource: Resource, item: Object) -> Object:
        """Create an object."""
        path = resource.path(item["metadata"]["namespace"])
        code, answer = await self.send("POST", path, item)
        assert code < 300, answer
        created: Object = answer
        return created

    async def patch(
        self, resource: Resource, item: Object, change: Object, subresource: str = ""
    ) -> Object | None:
        """Merge a change into an object or its status; nothing when it is gone meanwhile."""
        metadata = item["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"], subresource)
        code, answer = await self.send("PATCH", path, change, _MERGE_PATCH)
        assert code < 300 or code in (404, 409), answer
        return answer if code < 300 else None

    async def exists(self, resource: Resource, item: Object) -> bool:
        """Tell whether exactly this object is still there."""
        metadata = item["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        code, answer = await self.send("GET", path)
        assert code < 300 or code == 404, answer
        return code < 300 and answer["metadata"]["uid"] == metadata["uid"]

    async def delete(self, resource: Resource, item: Object) -> None:
        """Delete exactly this object."""
        metadata = item["metadata"]
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": metadata["uid"]},
        }
        path = resource.path(metadata["namespace"], metadata["name"])
        code, answer = await self.send("DELETE", path, options)
        assert code < 300 or code in (404, 409), answer

    async def delete_all(self, resource: Resource, namespace: str) -> None:
        """Delete all objects of a kind in a namespace."""
        options = {"propagationPolicy": "Background"}
        code, answer = await self.send("DELETE", resource.path(namespace), query=options)
        assert code < 300, answer

    async def watch(self, resource: Resource, version: str) -> AsyncIterator[Object]:
        """Yield the events of all namespaces since a version, until the server ends the stream."""
        query = {"watch": "true", "resourceVersion": version}
        async with self._session.get(self._url + resource.path(None), params=query) as response:
            response.raise_for_status()
            async for line in response.content:
                yield json.loads(line)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
