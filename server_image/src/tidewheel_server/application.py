"""Answers complete requests from the state of the model; the shell around the pure parts.

A small request is predicted at once, in the event loop: handing it to a thread would cost more
than most predictions. A large one would keep the health checks waiting, so decoding, prediction and
encoding happen in a worker thread, behind a queue with an end.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from tidewheel_server.http.connection import Answer
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
from tidewheel_server.monitoring.metrics import ServerMetrics
from tidewheel_server.protocol.inference import Inference, infer, unsupported_encoding
from tidewheel_server.protocol.metadata import describe, not_ready
from tidewheel_server.protocol.routes import Endpoint, find_endpoint, routes_of

__all__ = ["INLINE_BODY_BYTES", "Application"]

# One row of thirty columns has 3 kB; a body of this size has at most some hundred rows.
INLINE_BODY_BYTES = 16 * 1024

_RETRY_SOON = header_line("retry-after", "1")


class Application:
    """The request handler of every connection of one server."""

    def __init__(self, identity: Identity, in_flight_limit: int, server_version: str) -> None:
        self._identity = identity
        self._in_flight_limit = in_flight_limit
        self._server_version = server_version
        self._routes = routes_of(identity)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")
        self._state: ModelState = Loading("The server has just started")
        self.metrics = ServerMetrics(identity)

    @property
    def state(self) -> ModelState:
        """What requests are answered from."""
        return self._state

    @state.setter
    def state(self, state: ModelState) -> None:
        self._state = state
        self.metrics.is_ready = unready_reason(state) is None
        self.metrics.model = served_model(state)

    def handle(self, request: HttpRequest) -> Answer:
        """Return the answer, or the promise of one from the worker thread."""
        endpoint, answer = find_endpoint(self._routes, self._identity, request.method, request.path)
        if answer is None:
            if endpoint is Endpoint.INFER:
                return self._infer(request)
            answer = self._described(endpoint)
        self.metrics.count_request(endpoint, answer.status)
        return answer

    def rejected(self, response: HttpResponse) -> None:
        """Count what a connection refused before it was a request."""
        self.metrics.count_request(Endpoint.UNKNOWN, response.status)

    def _described(self, endpoint: Endpoint) -> HttpResponse:
        if endpoint is Endpoint.METRICS:
            return self.metrics.exposition()
        return describe(endpoint, self._identity, self._state, self._server_version)

    def _infer(self, request: HttpRequest) -> Answer:
        model = served_model(self._state)
        refusal = not_ready(self._state) if model is None else unsupported_encoding(request)
        if model is None or refusal is not None:
            assert refusal is not None  # noqa: S101 - for the type checker
            self.metrics.count_request(Endpoint.INFER, refusal.status)
            return refusal
        if len(request.body) <= INLINE_BODY_BYTES:
            started = time.perf_counter()
            return self._counted(_infer_safely(model, request.body), started)
        if self.metrics.in_flight >= self._in_flight_limit:
            self.metrics.count_request(Endpoint.INFER, 503)
            return error_response(
                503,
                f"{self.metrics.in_flight} large requests are waiting already; try again",
                _RETRY_SOON,
            )
        return asyncio.ensure_future(self._infer_in_worker(model, request.body))

    async def _infer_in_worker(self, model: ServedModel, body: bytes) -> HttpResponse:
        started = time.perf_counter()
        self.metrics.in_flight += 1
        try:
            inference = await asyncio.get_running_loop().run_in_executor(
                self._worker, _infer_safely, model, body
            )
        finally:
            self.metrics.in_flight -= 1
        return self._counted(inference, started)

    def _counted(self, inference: Inference, started: float) -> HttpResponse:
        self.metrics.count_request(Endpoint.INFER, inference.response.status)
        self.metrics.count_inference(inference.rows, time.perf_counter() - started)
        return inference.response


def _infer_safely(model: ServedModel, body: bytes) -> Inference:
    """Turn a defect into an answer: one bad request must not take the connection's others along."""
    try:
        return infer(model, body)
    except Exception as error:
        log_defect("inference failed", error)
        return Inference(error_response(500, "The server has a defect; its log says more"))
