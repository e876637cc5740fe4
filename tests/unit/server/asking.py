"""Requests to a request handler, and what it counted of them."""

from typing import Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

from tidewheel_server.application import Application
from tidewheel_server.http.message import HttpRequest, HttpResponse

__all__ = ["INFER", "answered", "request", "samples"]

INFER = "/v2/models/flights/infer"


def request(
    body: bytes = b"",
    method: str = "POST",
    path: str = INFER,
    headers: dict[bytes, bytes] | None = None,
) -> HttpRequest:
    return HttpRequest(method, path, headers or {}, body)


def answered(application: Application, http_request: HttpRequest) -> tuple[int, Any]:
    answer = application.handle(http_request)
    assert isinstance(answer, HttpResponse)
    return answer.status, orjson.loads(answer.body)


def samples(application: Application) -> dict[tuple[str, ...], float]:
    """Return the scraped values by name and labels but model and version."""
    scrape = application.handle(request(method="GET", path="/metrics"))
    assert isinstance(scrape, HttpResponse)
    assert scrape.content_type.startswith(b"text/plain; version=")
    values = {}
    for family in text_string_to_metric_families(scrape.body.decode()):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert (labels.pop("model"), labels.pop("version")) == ("flights", "2")
            values[(sample.name.removeprefix("tidewheel_server_"), *labels.values())] = sample.value
    return values
