"""API access: which request is sent, and which answers are values, errors and reasons to wait."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from tests.builders import Object, make_dataset
from tests.unit.operator.runtime.loops import ManualLoop, run

from tidewheel_operator.runtime.api import (
    ApiUnavailableError,
    Found,
    KubernetesApi,
    Outcome,
    Refused,
)
from tidewheel_operator.runtime.fence import NotLeaderError, OpenGate
from tidewheel_operator.runtime.pacing import Pacing
from tidewheel_operator.runtime.resources import DATASETS, PODS

HOST = "https://api.test:6443"
COLLECTION = f"{HOST}/apis/tidewheel.dev/v1alpha1/namespaces/ml/datasets"


@dataclass
class FakeResponse:
    """An answer as the client hands it over."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def response(self) -> "FakeResponse":
        """Return the answer of aiohttp inside the client's answer."""
        return self

    async def read(self) -> bytes:
        """Return the body."""
        return self.body


@dataclass
class FakeClient:
    """Notes what it is asked to send and when, and answers or fails."""

    answer: FakeResponse | Exception | list[FakeResponse]
    token: str = ""
    default_headers: dict[str, str] = field(default_factory=lambda: {"User-Agent": "tidewheel"})
    sent: list[dict[str, Any]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @property
    def configuration(self) -> "FakeClient":
        """Return what the client's configuration knows."""
        return self

    host = HOST

    async def auth_settings(self) -> dict[str, Any]:
        """Return the bearer token, if there is one."""
        return {"BearerToken": {"value": f"Bearer {self.token}"}} if self.token else {}

    async def call_api(self, method: str, url: str, **options: Any) -> FakeResponse:
        """Send a request."""
        self.sent.append({"method": method, "url": url, **options})
        self.moments.append(asyncio.get_running_loop().time())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer.pop(0) if isinstance(self.answer, list) else self.answer


def answer(status: int = 200, body: object = None, **headers: str) -> FakeResponse:
    data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return FakeResponse(
        status, data, {key.replace("_", "-"): text for key, text in headers.items()}
    )


def called(client: FakeClient, call: Callable[[KubernetesApi], Awaitable[Any]]) -> Any:
    async def scenario() -> Any:
        api = KubernetesApi(client, Pacing(400, 800), OpenGate())  # type: ignore[arg-type]
        return await call(api)

    return asyncio.run(scenario())


JSON = "application/json"
DATASET = make_dataset(metadata={"uid": "uid-1", "resourceVersion": "7"})


@pytest.mark.parametrize(
    ("call", "method", "url", "content_type", "body"),
    [
        pytest.param(
            lambda api: api.get(DATASETS, "ml", "flights"),
            "GET",
            f"{COLLECTION}/flights",
            JSON,
            None,
            id="get",
        ),
        pytest.param(
            lambda api: api.create(DATASETS, DATASET),
            "POST",
            f"{COLLECTION}?fieldManager=tidewheel",
            JSON,
            DATASET,
            id="create",
        ),
        pytest.param(
            lambda api: api.replace(DATASETS, DATASET),
            "PUT",
            f"{COLLECTION}/flights?fieldManager=tidewheel",
            JSON,
            DATASET,
            id="replace",
        ),
        pytest.param(
            lambda api: api.annotate(DATASETS, DATASET, {"key": "value"}),
            "PATCH",
            f"{COLLECTION}/flights?fieldManager=tidewheel",
            "application/merge-patch+json",
            {"metadata": {"resourceVersion": "7", "annotations": {"key": "value"}}},
            id="annotations of exactly what was observed",
        ),
        pytest.param(
            lambda api: api.apply(DATASETS, DATASET),
            "PATCH",
            f"{COLLECTION}/flights?fieldManager=tidewheel&force=true",
            "application/apply-patch+yaml",
            DATASET,
            id="apply",
        ),
        pytest.param(
            lambda api: api.patch_status(DATASETS, "ml", "flights", {"status": {}}),
            "PATCH",
            f"{COLLECTION}/flights/status?fieldManager=tidewheel",
            "application/merge-patch+json",
            {"status": {}},
            id="patch of a status",
        ),
        pytest.param(
            lambda api: api.delete(DATASETS, DATASET),
            "DELETE",
            f"{COLLECTION}/flights",
            JSON,
            {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": "Background",
                "preconditions": {"uid": "uid-1", "resourceVersion": "7"},
            },
            id="delete of exactly what was observed",
        ),
    ],
)
def test_request_of(
    call: Callable[[KubernetesApi], Awaitable[Outcome]],
    method: str,
    url: str,
    content_type: str,
    body: Object | None,
) -> None:
    client = FakeClient(answer(200, {"kind": "Any"}))

    assert called(client, call) == Found({"kind": "Any"})
    assert client.sent == [
        {
            "method": method,
            "url": url,
            "header_params": {
                "User-Agent": "tidewheel",
                "Accept": JSON,
                "Content-Type": content_type,
            },
            "body": body,
            # A write must have ended before another replica can hold the Lease.
            "_request_timeout": 30.0 if method == "GET" else 4.0,
        }
    ]


def test_token_is_sent_as_it_is_at_that_time() -> None:
    client = FakeClient(answer(), token="rotated")

    called(client, lambda api: api.get(DATASETS, "ml", "flights"))

    assert client.sent[0]["header_params"]["Authorization"] == "Bearer rotated"


@pytest.mark.parametrize(
    ("namespace", "selector", "url"),
    [
        pytest.param("ml", "", f"{HOST}/api/v1/namespaces/ml/pods?limit=500", id="of a namespace"),
        pytest.param(None, "", f"{HOST}/api/v1/pods?limit=500", id="of the cluster"),
        pytest.param(
            None,
            "a=b",
            f"{HOST}/api/v1/pods?limit=500&labelSelector=a%3Db",
            id="that a selector matches",
        ),
    ],
)
def test_list_gives_whole_objects(namespace: str | None, selector: str, url: str) -> None:
    client = FakeClient(answer(200, page({"metadata": {"name": "a"}})))

    found = called(client, lambda api: api.list_all(PODS, namespace, selector))

    assert found == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]
    assert client.sent[0]["url"] == url


def page(*items: Object, following: str = "") -> Object:
    """Return one page of a list; the last one says that nothing follows by an empty text."""
    return {"metadata": {"continue": following}, "items": list(items)}


def test_list_is_read_page_by_page() -> None:
    pages = [
        answer(200, page({"metadata": {"name": "a"}}, following="next page")),
        answer(200, page({"metadata": {"name": "b"}})),
    ]
    client = FakeClient(pages)

    found = called(client, lambda api: api.list_all(PODS, "ml"))

    assert [item["metadata"]["name"] for item in found] == ["a", "b"]
    url = f"{HOST}/api/v1/namespaces/ml/pods?limit=500"
    assert [sent["url"] for sent in client.sent] == [url, f"{url}&continue=next+page"]


def test_list_whose_later_page_has_expired_is_no_short_list() -> None:
    pages = [
        answer(200, page({"metadata": {"name": "a"}}, following="old")),
        answer(410, {"message": "The provided continue parameter is too old"}),
    ]

    with pytest.raises(ApiUnavailableError, match="listing pods: The provided continue"):
        called(FakeClient(pages), lambda api: api.list_all(PODS, "ml"))


def test_list_of_metadata_asks_for_no_more_and_keeps_what_names_an_object() -> None:
    identity = {"namespace": "ml", "name": "a", "uid": "1", "resourceVersion": "7"}
    metadata = {**identity, "managedFields": [{"manager": "kubectl"}], "labels": {"a": "b"}}
    client = FakeClient(answer(200, page({"metadata": metadata})))

    found = called(client, lambda api: api.list_metadata(PODS, None, "a=b"))

    assert found == [identity]
    assert client.sent[0]["header_params"]["Accept"] == (
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    )


def test_list_that_comes_as_null_is_empty() -> None:
    client = FakeClient(answer(200, {"metadata": {}, "items": None}))

    assert called(client, lambda api: api.list_metadata(PODS, None)) == []


class ShutGate:
    """Lets no write pass."""

    def check(self) -> None:
        """Refuse."""
        raise NotLeaderError("shut")


def test_write_that_may_not_pass_is_not_sent_and_a_read_is() -> None:
    client = FakeClient(answer(200, {"kind": "Any"}))

    async def scenario() -> Outcome:
        api = KubernetesApi(client, Pacing(400, 800), ShutGate())  # type: ignore[arg-type]
        for write in (api.create(DATASETS, DATASET), api.delete(DATASETS, DATASET)):
            with pytest.raises(NotLeaderError):
                await write
        return await api.get(DATASETS, "ml", "flights")

    assert asyncio.run(scenario()) == Found({"kind": "Any"})
    assert [sent["method"] for sent in client.sent] == ["GET"]


def test_gate_is_asked_after_the_wait_for_a_token() -> None:
    """What was true before a wait of seconds proves nothing after it."""

    async def scenario(loop: ManualLoop) -> list[float]:
        asked: list[float] = []

        class NotingGate:
            def check(self) -> None:
                asked.append(loop.now)

        pacing = Pacing(0.5, 1, loop.time)
        api = KubernetesApi(FakeClient(answer()), pacing, NotingGate())  # type: ignore[arg-type]
        for _ in range(2):
            await api.create(DATASETS, DATASET)
        return asked

    assert run(scenario) == [0.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_back_the_whole_client(status: int) -> None:
    async def scenario(loop: ManualLoop) -> list[float]:
        busy = answer(status, {"message": "slow"}, Retry_After="7")
        client = FakeClient([busy, *[answer(200, {"kind": "Any"})] * 2])
        pacing = Pacing(400, 800, loop.time)
        api = KubernetesApi(client, pacing, OpenGate())  # type: ignore[arg-type]
        with pytest.raises(ApiUnavailableError):
            await api.get(DATASETS, "ml", "flights")
        await api.create(DATASETS, DATASET)
        await api.get(DATASETS, "ml", "other")
        return client.moments

    assert run(scenario) == [0.0, 7.0, 7.0]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 415, 422])
def test_refusal_is_a_value(status: int) -> None:
    client = FakeClient(answer(status, {"message": "because"}))

    outcome = called(client, lambda api: api.get(DATASETS, "ml", "flights"))

    assert outcome == Refused(status, "because")
    assert (outcome.is_missing, outcome.is_conflict) == (status == 404, status == 409)


@pytest.mark.parametrize(
    ("given", "message", "seconds"),
    [
        pytest.param(
            answer(429, {"message": "slow"}, Retry_After="7"), "429 slow", 7.0, id="too many"
        ),
        pytest.param(
            answer(429, {"message": "slow"}), "429 slow", None, id="too many without a time"
        ),
        pytest.param(
            answer(503, {"message": "roll"}, Retry_After="Wed, 25 Nov 2026 00:00:00 GMT"),
            "503 roll",
            None,
            id="unavailable with a date",
        ),
        pytest.param(answer(500, {"message": "etcd"}), "500 etcd", None, id="server error"),
        pytest.param(answer(401, {"message": "who"}), "401 who", None, id="an expired token"),
        pytest.param(
            answer(200, b'{"kind": "Data'), "answer 200 is not JSON", None, id="a body cut short"
        ),
        pytest.param(
            answer(502, b"<html>"), "answer 502 is not JSON", None, id="a proxy's error page"
        ),
        pytest.param(aiohttp.ClientConnectionError("reset"), "reset", None, id="a reset"),
        pytest.param(TimeoutError(), "TimeoutError", None, id="a timeout"),
        pytest.param(OSError("no route"), "no route", None, id="no route"),
    ],
)
def test_reason_to_come_back_later_is_an_error(
    given: FakeResponse | Exception, message: str, seconds: float | None
) -> None:
    with pytest.raises(ApiUnavailableError) as caught:
        called(FakeClient(given), lambda api: api.get(DATASETS, "ml", "flights"))

    path = "/apis/tidewheel.dev/v1alpha1/namespaces/ml/datasets/flights"
    assert str(caught.value) == f"GET {path}: {message}"
    assert caught.value.retry_after_seconds == seconds


def test_list_that_is_refused_is_no_empty_list() -> None:
    client = FakeClient(answer(403, {"message": "forbidden"}))

    with pytest.raises(ApiUnavailableError, match="listing pods: forbidden"):
        called(client, lambda api: api.list_all(PODS, "ml"))
