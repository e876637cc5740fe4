"""The request handler: what it answers at once, what later, and what it counts."""

import asyncio
import gzip
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from tests.unit.server.asking import answered, request, samples

from tidewheel_server.application import (
    DIRECT_BODY_BYTES,
    INLINE_BODY_BYTES,
    Application,
    RequestLimits,
)
from tidewheel_server.engines.choosing import Refused
from tidewheel_server.engines.engine import Columns, Outputs
from tidewheel_server.http.message import HttpRequest, HttpResponse
from tidewheel_server.model_state import Identity, Ready, ServedModel

Tensors = Callable[..., list[dict[str, Any]]]


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
    limits = RequestLimits(body_bytes=1024 * 1024, rows=1000, in_flight=2)
    return Application(identity, limits, server_version="abc1234")


async def finished(application: Application, http_request: HttpRequest) -> tuple[int, Any]:
    answer = application.handle(http_request)
    response = answer if isinstance(answer, HttpResponse) else await answer
    return response.status, orjson.loads(response.body)


def test_inference_before_the_model_is_loaded_is_asked_to_come_again(
    application: Application,
) -> None:
    answer = application.handle(request(b"{}"))

    assert isinstance(answer, HttpResponse)
    assert (answer.status, answer.header_lines) == (503, b"retry-after: 1\r\n")
    assert answer.body == b'{"error":"The model is not ready: The server has just started"}'


@pytest.mark.parametrize(
    ("coding", "body", "status", "error"),
    [
        (b"br", b"x", 415, "Content-Encoding 'br' is not one of gzip, deflate"),
        (b"gzip", b"x" * 20, 400, "The body is not gzip: Error -3 while decompressing data: "),
        (b"deflate", zlib.compress(b"{}")[:-1], 400, "The body is not deflate: it ends too early"),
    ],
)
def test_body_that_cannot_be_unpacked_is_refused(
    application: Application,
    model: ServedModel,
    coding: bytes,
    body: bytes,
    status: int,
    error: str,
) -> None:
    application.state = Ready(model)

    found, document = answered(application, request(body, headers={b"content-encoding": coding}))

    assert (found, document["error"][: len(error)]) == (status, error)


def test_compressed_request_is_answered_as_the_plain_one(
    application: Application, model: ServedModel, tensors: Tensors
) -> None:
    application.state = Ready(model)
    plain = orjson.dumps({"inputs": tensors()})
    packed = request(gzip.compress(plain), headers={b"content-encoding": b"gzip"})

    assert answered(application, packed) == answered(application, request(plain))


def test_small_body_that_unpacks_to_a_large_one_is_read_by_the_worker_up_to_the_limit(
    application: Application, model: ServedModel, tensors: Tensors
) -> None:
    application.state = Ready(model)

    async def statuses() -> list[int]:
        answers = []
        for padding in (INLINE_BODY_BYTES, 2 * 1024 * 1024):
            document = orjson.dumps({"inputs": tensors(), "padding": "x" * padding})
            packed = request(gzip.compress(document), headers={b"content-encoding": b"gzip"})
            assert len(packed.body) < INLINE_BODY_BYTES
            answer = application.handle(packed)
            assert isinstance(answer, asyncio.Future)
            answers.append((await answer).status)
        return answers

    assert asyncio.run(statuses()) == [200, 413]


def test_answer_is_compressed_where_the_client_takes_that(
    application: Application, model: ServedModel
) -> None:
    application.state = Ready(model)
    rows = {name: [1] * 300 for name in model.inputs}
    rows |= {"night": [True] * 300, "carrier": ["UA"] * 300}
    body = orjson.dumps({"inputs": rows})
    path = "/v1/models/flights:predict"

    small = application.handle(request(body, path=path, headers={b"accept-encoding": b"gzip"}))
    plain = application.handle(request(body, path=path))

    assert isinstance(small, HttpResponse)
    assert isinstance(plain, HttpResponse)
    assert gzip.decompress(small.body) == plain.body
    assert small.header_lines == (
        model.header_lines + b"content-encoding: gzip\r\nvary: accept-encoding\r\n"
    )


def test_more_rows_than_the_limit_are_refused_by_either_protocol(
    application: Application, model: ServedModel
) -> None:
    application.state = Ready(model)
    rows = {name: [None] * 1001 for name in model.inputs}
    tensors = [
        {"name": name, "shape": [1001], "datatype": spec.datatype, "data": rows[name]}
        for name, spec in model.inputs.items()
    ]
    refusal = (413, {"error": "A request may have at most 1000 rows, not 1001"})

    v2 = request(orjson.dumps({"inputs": tensors}))
    assert asyncio.run(finished(application, v2)) == refusal
    v1 = request(orjson.dumps({"inputs": rows}), path="/v1/models/flights:predict")
    assert asyncio.run(finished(application, v1)) == refusal


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
        assert (refused.status, refused.header_lines) == (
            503,
            model.header_lines + b"retry-after: 1\r\n",
        )
        assert refused.body == b'{"error":"2 large requests are waiting already; try again"}'
        gated.gate.set()
        for answer in waiting:
            assert isinstance(answer, asyncio.Future)
            assert (await answer).status == 200
        assert samples(application)["requests_in_flight",] == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(("size", "is_at_once"), [(DIRECT_BODY_BYTES, True), (1024 * 1024, False)])
def test_engine_of_whole_bodies_answers_longer_ones_at_once(
    application: Application, model: ServedModel, tensors: Tensors, size: int, is_at_once: bool
) -> None:
    application.state = Ready(replace(model, direct=lambda body, rows_limit: None))
    body = orjson.dumps({"inputs": tensors()})
    padded = request(body[:-1] + b" " * (size - len(body)) + b"}")

    async def scenario() -> None:
        answer = application.handle(padded)
        assert isinstance(answer, HttpResponse) is is_at_once
        response = answer if isinstance(answer, HttpResponse) else await answer
        assert response.status == 200

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


def test_statistics_are_those_of_the_requests_in_words_of_triton(
    application: Application, model: ServedModel, tensors: Tensors
) -> None:
    application.state = Ready(model)
    for body in (orjson.dumps({"inputs": tensors()}), orjson.dumps({"inputs": tensors()}), b"{"):
        application.handle(request(body))

    status, document = answered(
        application, request(method="GET", path="/v2/models/flights/versions/2/stats")
    )

    [model_stats] = document["model_stats"]
    assert model_stats.pop("last_inference") > 1_700_000_000_000
    sums = {name: entry.pop("ns") for name, entry in model_stats["inference_stats"].items()}
    assert min(sums.values()) > 0
    assert (status, model_stats) == (
        200,
        {
            "name": "flights",
            "version": "2",
            "inference_count": 4,
            "execution_count": 2,
            "inference_stats": {"success": {"count": 2}, "fail": {"count": 1}},
            "batch_stats": [],
        },
    )


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

    for name in ("duration", "queue", "model"):
        for code, answered_count in (("200", 2), ("400", 1)):
            family = f"inference_{name}_seconds"
            buckets = [key for key in counted if key[:2] == (f"{family}_bucket", code)]
            counts = [counted.pop(key) for key in buckets]
            assert counts == sorted(counts)
            reached = 0 if (name, code) == ("model", "400") else answered_count
            assert (buckets[-1][2], counts[-1]) == ("+Inf", reached)
            assert counted.pop((f"{family}_count", code)) == reached
            counted.pop((f"{family}_sum", code))
    assert counted == {
        ("requests_total", "infer", "503"): 1,
        ("requests_total", "infer", "200"): 2,
        ("requests_total", "infer", "400"): 1,
        ("requests_total", "ready", "200"): 1,
        ("requests_total", "unknown", "404"): 1,
        ("requests_total", "unknown", "413"): 1,
        ("inference_rows_total",): 4,
        ("requests_in_flight",): 0,
        ("ready",): 1,
        ("model_load_duration_seconds",): 1.5,
        ("model_info", "sha256:" + "a" * 64): 1,
        ("engine_info", "fake", ""): 1,
        ("engine_info", "native", "has no such tree"): 0,
        ("profile_loaded",): 0,
    }


def test_time_in_the_queue_is_told_from_time_in_the_model(
    application: Application, model: ServedModel, engine: Any, tensors: Tensors
) -> None:
    gated = GatedEngine(engine)
    application.state = Ready(replace(model, engine=gated))
    large = request(orjson.dumps({"inputs": tensors(), "padding": "x" * INLINE_BODY_BYTES}))

    async def scenario() -> None:
        waiting = [application.handle(large), application.handle(large)]
        await asyncio.sleep(0)  # both have entered the queue, and one of them waits
        gated.gate.set()
        for answer in waiting:
            assert isinstance(answer, asyncio.Future)
            await answer

    asyncio.run(scenario())

    counted = samples(application)
    queue, spent = (counted[f"inference_{name}_seconds_sum", "200"] for name in ("queue", "model"))
    assert queue > 0
    assert spent > 0
    assert queue + spent <= counted["inference_duration_seconds_sum", "200"]
