"""Answers complete requests from the state of the model; the shell around the pure parts.

A small request is predicted at once, in the event loop: handing it to a thread would cost more
than most predictions. A large one would keep the health checks waiting, so decoding, prediction and
encoding happen in a worker thread, behind a queue with an end.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tidewheel_server.http.connection import Answer
from tidewheel_server.http.content_coding import Undecodable, compressed
from tidewheel_server.http.message import HttpRequest, HttpResponse, error_response, header_line
from tidewheel_server.log import log_defect
from tidewheel_server.model_state import (
    Identity,
    Loading,
    ModelState,
    ServedModel,
    served_model,
    unready_reason,
)
from tidewheel_server.monitoring.metrics import InferenceTimes, ServerMetrics
from tidewheel_server.monitoring.traffic import Later, when_read
from tidewheel_server.protocol.inference import Inference
from tidewheel_server.protocol.inference_call import InferenceCall, infer_call, unpacked
from tidewheel_server.protocol.metadata import describe, not_ready
from tidewheel_server.protocol.repository import repository_index
from tidewheel_server.protocol.routes import Endpoint, find_endpoint, routes_of
from tidewheel_server.protocol.statistics import statistics

__all__ = ["DIRECT_BODY_BYTES", "INLINE_BODY_BYTES", "Application", "RequestLimits", "inline_bytes"]

# One row of thirty columns has 3 kB; a body of this size has at most some hundred rows.
INLINE_BODY_BYTES = 16 * 1024
# An engine that answers bodies whole takes a few hundred microseconds for one of this size, little
# more than handing it to a thread and back.
DIRECT_BODY_BYTES = 64 * 1024

Result = TypeVar("Result")

_RETRY_SOON = header_line("retry-after", "1")
_INFERENCES = frozenset({Endpoint.INFER, Endpoint.PREDICT})


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How large a request may be, and how many large ones may wait."""

    body_bytes: int
    rows: int
    in_flight: int


class Application:
    """The request handler of every connection of one server."""

    def __init__(
        self,
        identity: Identity,
        limits: RequestLimits,
        server_version: str,
        later: Later = when_read,
    ) -> None:
        self._identity = identity
        self._limits = limits
        self._server_version = server_version
        self._routes = routes_of(identity)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")
        self._state: ModelState = Loading("The server has just started")
        self.metrics = ServerMetrics(identity, later)

    @property
    def state(self) -> ModelState:
        """What requests are answered from."""
        return self._state

    @state.setter
    def state(self, state: ModelState) -> None:
        self._state = state
        self.metrics.is_ready = unready_reason(state) is None
        model = served_model(state)
        if model is not None:
            self.metrics.watch(model)

    def handle(self, request: HttpRequest) -> Answer:
        """Return the answer, or the promise of one from the worker thread."""
        endpoint, answer = find_endpoint(self._routes, self._identity, request.method, request.path)
        if answer is None:
            if endpoint in _INFERENCES:
                return self._infer(endpoint, request)
            answer = self._described(endpoint, request)
        self.metrics.count_request(endpoint, answer.status)
        return compressed(answer, request.headers.get(b"accept-encoding"))

    @property
    def is_overloaded(self) -> bool:
        """Tell whether the queue of large requests is full."""
        return self.metrics.in_flight >= self._limits.in_flight

    async def in_worker(self, compute: Callable[[], Result]) -> tuple[Result, int]:
        """Return what a large request comes to, computed by the worker thread in its turn.

        Beside it is the reading of `time.perf_counter_ns` when its turn came.
        """
        self.metrics.in_flight += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, _timed, compute)
        finally:
            self.metrics.in_flight -= 1

    def rejected(self, response: HttpResponse) -> None:
        """Count what a connection refused before it was a request."""
        self.metrics.count_request(Endpoint.UNKNOWN, response.status)

    def _described(self, endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
        if endpoint is Endpoint.METRICS:
            return self.metrics.exposition()
        if endpoint is Endpoint.COUNTS:
            return self.metrics.serving_counts()
        if endpoint is Endpoint.PROFILE:
            return self.metrics.profile()
        if endpoint is Endpoint.STATISTICS:
            return statistics(self._identity, self.metrics.inference_counts())
        if endpoint is Endpoint.REPOSITORY_INDEX:
            return repository_index(self._identity, self._state, request.body)
        return describe(endpoint, self._identity, self._state, self._server_version)

    def _infer(self, endpoint: Endpoint, request: HttpRequest) -> Answer:
        model = served_model(self._state)
        if model is None:
            return self._refused(endpoint, not_ready(self._state))
        at_once = inline_bytes(model)
        if len(request.body) <= at_once:
            received = time.perf_counter_ns()
            body = unpacked(request, at_once)
            if isinstance(body, bytes):
                call = InferenceCall(endpoint, request.headers, body, self._limits.rows)
                return self._counted(endpoint, _infer_safely(model, call), received, received)
            if body.status != 413:
                return self._refused(endpoint, _refusal(model, body))
        if self.is_overloaded:
            message = f"{self.metrics.in_flight} large requests are waiting already; try again"
            lines = model.header_lines + _RETRY_SOON
            return self._refused(endpoint, error_response(503, message, lines))
        return asyncio.ensure_future(self._infer_in_worker(endpoint, model, request))

    async def _infer_in_worker(
        self, endpoint: Endpoint, model: ServedModel, request: HttpRequest
    ) -> HttpResponse:
        received = time.perf_counter_ns()
        inference, begun = await self.in_worker(
            partial(_infer_large, endpoint, model, request, self._limits)
        )
        return self._counted(endpoint, inference, received, begun)

    def _refused(self, endpoint: Endpoint, refusal: HttpResponse) -> HttpResponse:
        self.metrics.count_request(endpoint, refusal.status)
        return refusal

    def _counted(
        self, endpoint: Endpoint, inference: Inference, received: int, begun: int
    ) -> HttpResponse:
        status = inference.response.status
        self.metrics.count_request(endpoint, status)
        times = InferenceTimes(received, begun, time.perf_counter_ns())
        self.metrics.count_inference(status, inference.prediction, times)
        return inference.response


def inline_bytes(model: ServedModel) -> int:
    """Return how long a body may be to be answered in the event loop."""
    return INLINE_BODY_BYTES if model.direct is None else DIRECT_BODY_BYTES


def _timed(compute: Callable[[], Result]) -> tuple[Result, int]:
    begun = time.perf_counter_ns()
    return compute(), begun


def _infer_large(
    endpoint: Endpoint, model: ServedModel, request: HttpRequest, limits: RequestLimits
) -> Inference:
    body = unpacked(request, limits.body_bytes)
    if isinstance(body, Undecodable):
        return Inference(_refusal(model, body))
    return _infer_safely(model, InferenceCall(endpoint, request.headers, body, limits.rows))


def _infer_safely(model: ServedModel, call: InferenceCall) -> Inference:
    """Turn a defect into an answer: one bad request must not take the connection's others along."""
    try:
        return infer_call(model, call)
    except Exception as error:
        log_defect("inference failed", error)
        message = "The server has a defect; its log says more"
        return Inference(error_response(500, message, model.header_lines))


def _refusal(model: ServedModel, undecodable: Undecodable) -> HttpResponse:
    return error_response(undecodable.status, undecodable.message, model.header_lines)
