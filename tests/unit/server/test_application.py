"""The request handler: what it answers at once, what later, and what it counts."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tidewheel_server.application import INLINE_BODY_BYTES, Application
from tidewheel_server.engines.choosing import Refused
from tidewheel_server.engines.engine import Columns, Outputs
from tidewheel_server.http.message import HttpRequest, HttpResponse
from tidewheel_server.model_state import Identity, Ready, ServedModel

Tensors = Callable[..., list[dict[str, Any]]]
INFER = "/v2/models/flights/infer"


class GatedEngine:
    """Predicts when the test opens the gate."""

    platform = "gated"

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.gate = threading.Event()

    def predict(self, columns: Columns) -> Outputs:
        self.gate.wait(10)
        outputs: Outputs = self._engine.predict(columns)
        return outputs


@pytest.fixture
def application(identity: Identity) -> Application:
    return Application(identity, in_flight_limit=2, server_version="abc1234")


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


def test_inference_before_the_model_is_loaded_is_asked_to_come_again(
    application: Application,
) -> None:
    answer = application.handle(request(b"{}"))

    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.header_lines) == (503, b"retry-after: 1\r\n")
    assert answer.body == b'{"error":"The model is not ready: The server has just started"}'


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        pytest.param(
            {b"inference-header-content-length": b"10"},
            501,
            "Binary tensors are not supported; send the data as JSON",
            id="binary tensors",
        ),
        pytest.param(
            {b"content-encoding": b"gzip"}, 415, "The body must not be compressed", id="gzip"
        ),
    ],
)
def test_body_that_is_not_plain_is_refused(
    application: Application,
    model: ServedModel,
    headers: dict[bytes, bytes],
    status: int,
    error: str,
) -> None:
    application.state = Ready(model)

    assert answered(application, request(b"x", headers=headers)) == (status, {"error": error})


def test_small_request_is_answered_at_once(
    application: Application, model: ServedModel, tensors: Tensors
) -> None:
    application.state = Ready(model)

    assert answered(application, request(orjson.dumps({"inputs": tensors()})))[0] == 200


def test_large_requests_leave_health_checks_alone_and_end_somewhere(
    application: Application, model: ServedModel, engine: Any, tensors: Tensors
) -> None:
    gated = GatedEngine(engine)
    application.state = Ready(
        ServedModel(
            model.identity, model.manifest, gated, model.inputs, model.outputs, model.header_lines
        )
    )
    large = request(orjson.dumps({"inputs": tensors(), "padding": "x" * INLINE_BODY_BYTES}))

    async def scenario() -> None:
        waiting = [application.handle(large), application.handle(large)]
        await asyncio.sleep(0)  # both have entered the queue
        assert samples(application)["requests_in_flight",] == 2
        assert answered(application, request(method="GET", path="/v2/health/ready"))[0] == 200
        refused = application.handle(large)
        assert isinstance(refused, HttpResponse)
        assert (refused.status, refused.header_lines) == (503, b"retry-after: 1\r\n")
        assert refused.body == b'{"error":"2 large requests are waiting already; try again"}'
        gated.gate.set()
        for answer in waiting:
            assert isinstance(answer, asyncio.Future)
            assert (await answer).status == 200
        assert samples(application)["requests_in_flight",] == 0

    asyncio.run(scenario())


def test_defect_is_one_answer_and_one_log_line(
    application: Application,
    model: ServedModel,
    engine: Any,
    tensors: Tensors,
    capsys: pytest.CaptureFixture[str],
) -> None:
    application.state = Ready(model)
    engine.error = RuntimeError("a defect")

    assert answered(application, request(orjson.dumps({"inputs": tensors()}))) == (
        500,
        {"error": "The server has a defect; its log says more"},
    )
    line = orjson.loads(capsys.readouterr().out)
    assert (line["event"], line["error"]) == ("inference failed", "RuntimeError: a defect")


def test_everything_is_counted(
    application: Application, model: ServedModel, tensors: Tensors
) -> None:
    application.handle(request(b"{}"))
    refused = (Refused("native", "has no such tree"),)
    application.state = Ready(replace(model, refused=refused))
    application.metrics.load_seconds = 1.5
    application.handle(request(orjson.dumps({"inputs": tensors()})))
    application.handle(request(orjson.dumps({"inputs": tensors()})))
    application.handle(request(b"{"))
    application.handle(request(method="GET", path="/v2/health/ready"))
    application.handle(request(method="GET", path="/nowhere"))
    application.rejected(HttpResponse(413, b""))

    counted = samples(application)

    buckets = [key for key in counted if key[0] == "inference_duration_seconds_bucket"]
    counts = [counted.pop(key) for key in buckets]
    assert counts == sorted(counts)
    assert (buckets[-1][1], counts[-1]) == ("+Inf", 3)
    assert counted.pop(("inference_duration_seconds_sum",)) > 0
    assert counted == {
        ("requests_total", "503", "infer"): 1,
        ("requests_total", "200", "infer"): 2,
        ("requests_total", "400", "infer"): 1,
        ("requests_total", "200", "ready"): 1,
        ("requests_total", "404", "unknown"): 1,
        ("requests_total", "413", "unknown"): 1,
        ("inference_rows_total",): 4,
        ("inference_duration_seconds_count",): 3,
        ("requests_in_flight",): 0,
        ("ready",): 1,
        ("model_load_duration_seconds",): 1.5,
        ("model_info", "sha256:" + "a" * 64): 1,
        ("engine_info", "fake", ""): 1,
        ("engine_info", "native", "has no such tree"): 0,
    }
