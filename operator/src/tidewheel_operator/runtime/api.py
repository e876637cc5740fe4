"""API access: plain dicts in and out, every expected answer a value.

Only broken connections and answers that no caller can act on are exceptions.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
import orjson
from kubernetes.aio.client import ApiClient

from tidewheel_operator.runtime.fence import Gate
from tidewheel_operator.runtime.metrics import API_CALLS
from tidewheel_operator.runtime.pacing import Pacing
from tidewheel_operator.runtime.resources import Resource

__all__ = [
    "FIELD_MANAGER",
    "Api",
    "ApiUnavailableError",
    "Found",
    "KubernetesApi",
    "Outcome",
    "Refused",
]

FIELD_MANAGER = "tidewheel"
# A list of ten thousand objects takes its time.
READ_TIMEOUT_SECONDS = 30.0
# A write that was let through must have ended before another replica can hold the Lease.
WRITE_TIMEOUT_SECONDS = 4.0
_MERGE_PATCH = "application/merge-patch+json"
# A page of a list: whole lists of ten thousand objects would be read and parsed at once.
_PAGE_SIZE = 500
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_IDENTITY = ("namespace", "name", "uid", "resourceVersion")
_NOT_FOUND = 404
_CONFLICT = 409
_TOO_MANY = 429
_SERVER_ERROR = 500
_UNAUTHORIZED = 401

Object = dict[str, Any]


class ApiUnavailableError(Exception):
    """The API server did not answer, or asked to come back later."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Found:
    """The request succeeded; `object` is the object as it now is."""

    object: Object


@dataclass(frozen=True, slots=True)
class Refused:
    """The request was refused for a reason that the caller may act on."""

    status: int
    message: str

    @property
    def is_missing(self) -> bool:
        """Tell whether the object does not exist."""
        return self.status == _NOT_FOUND

    @property
    def is_conflict(self) -> bool:
        """Tell whether the object exists already or is not as the request assumed."""
        return self.status == _CONFLICT


Outcome = Found | Refused


class Api(Protocol):
    """What the shell needs of an API server; tests give a dictionary."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read all objects of a namespace, or of the cluster, that a label selector matches."""

    async def list_metadata(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read which objects `list_all` would read: namespace, name, uid and resourceVersion."""

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""

    async def replace(self, resource: Resource, manifest: Object) -> Outcome:
        """Replace an object, if it still has the resourceVersion of the manifest."""

    async def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply our fields of an object on the server's side, by force."""

    async def annotate(
        self, resource: Resource, item: Object, annotations: Mapping[str, str]
    ) -> Outcome:
        """Set annotations of an object, if it is still as it was observed."""

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Object
    ) -> Outcome:
        """Merge a patch into the status subresource."""

    async def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the object that was observed, with its dependents in the background."""


class KubernetesApi:
    """The real API server, through the official client's connection and credentials."""

    def __init__(
        self,
        client: ApiClient,
        pacing: Pacing,
        gate: Gate,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self._client = client
        self._pacing = pacing
        self._gate = gate
        self._read_timeout_seconds = read_timeout_seconds

    async def get(self, resource: Resource, namespace: str, name: str) -> Outcome:
        """Read one object."""
        return await self._send("GET", resource.path(namespace, name))

    async def list_all(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read all objects of a namespace, or of the cluster, that a label selector matches."""
        return [item async for page in self.pages(resource, namespace, selector) for item in page]

    async def pages(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> AsyncIterator[list[Object]]:
        """Read what `list_all` reads, page by page: ten thousand whole objects take 100 MB."""
        # Items of a list carry neither kind nor version, yet everybody downstream reads them.
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        async for page in self._pages(resource, namespace, selector, "application/json"):
            yield [{**kind, **item} for item in page]

    async def list_metadata(
        self, resource: Resource, namespace: str | None, selector: str = ""
    ) -> list[Object]:
        """Read which objects `list_all` would read: namespace, name, uid and resourceVersion."""
        # The rest of the metadata, of ten thousand objects at once, would take 50 MB.
        pages = self._pages(resource, namespace, selector, _METADATA_ONLY)
        return [
            {key: item["metadata"][key] for key in _IDENTITY}
            async for page in pages
            for item in page
        ]

    async def _pages(
        self, resource: Resource, namespace: str | None, selector: str, accept: str
    ) -> AsyncIterator[list[Object]]:
        query = {"limit": str(_PAGE_SIZE)}
        if selector:
            query["labelSelector"] = selector
        while True:
            outcome = await self._send("GET", resource.path(namespace), query=query, accept=accept)
            if isinstance(outcome, Refused):
                raise ApiUnavailableError(f"listing {resource.plural}: {outcome.message}")
            # Tried on 1.36: an empty list of metadata comes as null.
            yield outcome.object["items"] or []
            following = outcome.object["metadata"].get("continue")
            if not following:
                return
            query["continue"] = following

    async def create(self, resource: Resource, manifest: Object) -> Outcome:
        """Create an object."""
        path = resource.path(manifest["metadata"]["namespace"])
        return await self._send("POST", path, manifest, query={"fieldManager": FIELD_MANAGER})

    async def replace(self, resource: Resource, manifest: Object) -> Outcome:
        """Replace an object, if it still has the resourceVersion of the manifest."""
        metadata = manifest["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        return await self._send("PUT", path, manifest, query={"fieldManager": FIELD_MANAGER})

    async def apply(self, resource: Resource, manifest: Object) -> Outcome:
        """Apply our fields of an object on the server's side, by force."""
        metadata = manifest["metadata"]
        return await self._send(
            "PATCH",
            resource.path(metadata["namespace"], metadata["name"]),
            manifest,
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
            content_type="application/apply-patch+yaml",
        )

    async def annotate(
        self, resource: Resource, item: Object, annotations: Mapping[str, str]
    ) -> Outcome:
        """Set annotations of an object, if it is still as it was observed."""
        metadata = item["metadata"]
        version = {"resourceVersion": metadata["resourceVersion"]}
        return await self._send(
            "PATCH",
            resource.path(metadata["namespace"], metadata["name"]),
            {"metadata": {**version, "annotations": dict(annotations)}},
            query={"fieldManager": FIELD_MANAGER},
            content_type=_MERGE_PATCH,
        )

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, patch: Object
    ) -> Outcome:
        """Merge a patch into the status subresource."""
        return await self._send(
            "PATCH",
            resource.path(namespace, name, "status"),
            patch,
            query={"fieldManager": FIELD_MANAGER},
            content_type=_MERGE_PATCH,
        )

    async def delete(self, resource: Resource, target: Object) -> Outcome:
        """Delete exactly the object that was observed, with its dependents in the background."""
        metadata = target["metadata"]
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
        }
        return await self._send(
            "DELETE", resource.path(metadata["namespace"], metadata["name"]), options
        )

    async def list_definitions(self) -> list[Object]:
        """Read all CustomResourceDefinitions."""
        outcome = await self._send("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        if isinstance(outcome, Refused):
            raise ApiUnavailableError(f"listing CustomResourceDefinitions: {outcome.message}")
        items: list[Object] = outcome.object["items"] or []
        return items

    async def review_token(self, token: str, audience: str) -> Outcome:
        """Ask whose token it is; it must be made for the audience."""
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        }
        return await self._send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)

    async def _send(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Outcome:
        seconds = await self._leave(method)
        url = self._client.configuration.host + path
        if query:
            url = f"{url}?{urlencode(query)}"
        headers = {
            **self._client.default_headers,
            "Accept": accept,
            "Content-Type": content_type,
        }
        auth = (await self._client.configuration.auth_settings()).get("BearerToken")
        if auth:
            headers["Authorization"] = auth["value"]
        try:
            response = await self._client.call_api(
                method, url, header_params=headers, body=body, _request_timeout=seconds
            )
            text: bytes = await response.response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            API_CALLS.labels(method, "error").inc()
            # A timeout has no words of its own.
            words = str(error) or type(error).__name__
            raise ApiUnavailableError(f"{method} {path}: {words}") from error
        API_CALLS.labels(method, str(response.status)).inc()
        retry_after = _seconds_of(response.response.headers.get("Retry-After"))
        if retry_after is not None:
            self._pacing.pause(retry_after)
        return _outcome(method, path, response.status, text, retry_after)

    async def _leave(self, method: str) -> float:
        """Wait until the request may be sent; return how long its answer may take."""
        if method == "GET":
            await self._pacing.before_read()
            return self._read_timeout_seconds
        await self._pacing.before_write()
        # Last of all: nothing may come between this check and the sending.
        self._gate.check()
        return WRITE_TIMEOUT_SECONDS


def _seconds_of(retry_after: str | None) -> float | None:
    """Return the seconds of a Retry-After header; the API server sends no dates."""
    return float(retry_after) if retry_after and retry_after.isdecimal() else None


def _outcome(
    method: str, path: str, status: int, text: bytes, retry_after: float | None
) -> Outcome:
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ApiUnavailableError(f"{method} {path}: answer {status} is not JSON") from error
    if status < 300:
        return Found(answer)
    message = str(answer.get("message", text[:200]))
    if status in (_UNAUTHORIZED, _TOO_MANY) or status >= _SERVER_ERROR:
        raise ApiUnavailableError(f"{method} {path}: {status} {message}", retry_after)
    return Refused(status, message)
