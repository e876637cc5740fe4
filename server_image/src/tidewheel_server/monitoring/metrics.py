"""The server's own counts: plain integers on the path of a request, models when somebody reads."""

import secrets
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from tidewheel_contracts.serving_counts import Counts, RequestCount, ServingCounts
from tidewheel_server.http.message import HttpResponse, error_response, json_response
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.monitoring.durations import BOUNDS_NANOSECONDS, InferenceCells
from tidewheel_server.monitoring.exposition import Gauges, exposition_text
from tidewheel_server.monitoring.prometheus_text import CONTENT_TYPE
from tidewheel_server.monitoring.traffic import Later, Traffic
from tidewheel_server.protocol.inference import Prediction
from tidewheel_server.protocol.routes import Endpoint
from tidewheel_server.protocol.statistics import InferenceCounts

__all__ = ["InferenceTimes", "ServerMetrics"]

_NANO = 1_000_000_000


def _now() -> datetime:
    return datetime.now(UTC)


class InferenceTimes(NamedTuple):
    """Clock readings of one inference, in nanoseconds: complete, out of the queue, answered."""

    received: int
    begun: int
    answered: int


class ServerMetrics:
    """What one server counts; used by the thread of the event loop only."""

    def __init__(
        self, identity: Identity, later: Later, now: Callable[[], datetime] = _now
    ) -> None:
        """Begin at zero.

        Args:
            identity: whose counts they are.
            later: how to ask for a call after the answers of this turn.
            now: the clock on the wall.
        """
        self._identity = identity
        self._later = later
        self._now = now
        self._process = secrets.token_hex(8)
        self._started_at = now()
        self._requests: Counter[tuple[Endpoint, int]] = Counter()
        self._cells: dict[int, InferenceCells] = {}
        self._rows = 0
        self._last_unix_seconds = 0.0
        self._model: ServedModel | None = None
        self._traffic: Traffic | None = None
        self.in_flight = 0
        self.is_ready = False
        self.load_seconds: float | None = None

    def watch(self, model: ServedModel) -> None:
        """Count the rows of this model from now on, if its artifact has a profile."""
        if model is self._model:
            return
        self._model = model
        if model.profile is not None:
            self._traffic = Traffic(
                model.profile.profile, model.inputs, len(model.manifest.classes), self._later
            )

    def count_request(self, endpoint: Endpoint, status: int) -> None:
        """Count one answered request."""
        self._requests[endpoint, status] += 1

    def count_inference(
        self, status: int, prediction: Prediction | None, times: InferenceTimes
    ) -> None:
        """Count the durations of one inference, and its rows if it was not refused."""
        cells = self._cells.get(status)
        if cells is None:
            cells = self._cells[status] = InferenceCells()
        cells.request.add(times.answered - times.received)
        cells.queue.add(times.begun - times.received)
        self._last_unix_seconds = time.time()
        if prediction is None:
            return
        cells.model.add(prediction.model_nanoseconds)
        self._rows += prediction.rows
        if self._traffic is not None:
            self._traffic.add(prediction.values, prediction.rows)

    def inference_counts(self) -> InferenceCounts:
        """Return the counts that the statistics are made of."""
        successes = self._cells.get(200, InferenceCells()).request.counts()
        failures = [cells.request.counts() for code, cells in self._cells.items() if code != 200]
        return InferenceCounts(
            successes=sum(successes.counts),
            success_seconds=successes.sum_nanoseconds / _NANO,
            failures=sum(sum(each.counts) for each in failures),
            failure_seconds=sum(each.sum_nanoseconds for each in failures) / _NANO,
            rows=self._rows,
            last_unix_seconds=self._last_unix_seconds,
        )

    def exposition(self) -> HttpResponse:
        """Return the answer to a scrape of Prometheus."""
        gauges = Gauges(self.in_flight, self.is_ready, self.load_seconds)
        text = exposition_text(self._identity, self._model, self._counts(), gauges)
        return HttpResponse(200, text.encode(), CONTENT_TYPE)

    def serving_counts(self) -> HttpResponse:
        """Return all counts as JSON, for whoever adds them up over replicas."""
        return _json(
            ServingCounts(
                model_name=self._identity.model_name,
                version_number=int(self._identity.version),
                artifact_digest=self._identity.artifact_digest,
                process=self._process,
                started_at=self._started_at,
                counted_at=self._now(),
                counts=self._counts(),
            ).model_dump(mode="json", by_alias=True),
            self._identity,
        )

    def profile(self) -> HttpResponse:
        """Return the profile whose bins the counts are of."""
        lines = self._identity.header_lines
        if self._model is None:
            return error_response(503, "The model is not loaded yet; its profile comes with it")
        if self._model.profile is None:
            return error_response(
                404,
                "This version has no training profile that this server reads; train it anew",
                lines,
            )
        profile = self._model.profile.profile
        return _json(profile.model_dump(mode="json", by_alias=True), self._identity)

    def _counts(self) -> Counts:
        traffic = None if self._traffic is None else self._traffic.counts()
        profile = None if self._model is None else self._model.profile
        return Counts(
            profile_digest=None if profile is None else profile.digest,
            bounds_nanoseconds=BOUNDS_NANOSECONDS,
            requests=tuple(
                RequestCount(endpoint=endpoint.value, code=code, count=count)
                for (endpoint, code), count in sorted(self._requests.items())
            ),
            inferences=tuple(self._cells[code].counts(code) for code in sorted(self._cells)),
            rows=self._rows,
            counted_rows=0 if traffic is None else traffic.counted_rows,
            dropped_rows=0 if traffic is None else traffic.dropped_rows,
            features=() if traffic is None else traffic.features,
            prediction=None if traffic is None else traffic.prediction,
        )


def _json(document: object, identity: Identity) -> HttpResponse:
    return json_response(200, document, identity.header_lines)
