"""The server's own counts, and their Prometheus text.

Requests add to plain integers; Prometheus objects are made when somebody scrapes, because counting
with labelled prometheus_client objects would cost half as much as the whole HTTP layer.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from tidewheel_server.http.message import HttpResponse
from tidewheel_server.model_state import Identity, ServedModel
from tidewheel_server.protocol.routes import Endpoint
from tidewheel_server.protocol.statistics import InferenceCounts

__all__ = ["ServerMetrics"]

_PREFIX = "tidewheel_server"
_LABELS = ("model", "version")
_BUCKETS_SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip


class ServerMetrics:
    """What one server counts; written by the event loop's thread only."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._values = (identity.model_name, identity.version)
        self._requests: Counter[tuple[Endpoint, int]] = Counter()
        self._duration_counts = [0] * (len(_BUCKETS_SECONDS) + 1)
        self._duration_sum_seconds = 0.0
        self._rows = 0
        self._successes = self._failures = 0
        self._success_seconds = self._failure_seconds = 0.0
        self._last_unix_seconds = 0.0
        self.in_flight = 0
        self.is_ready = False
        self.load_seconds: float | None = None
        self.model: ServedModel | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def count_request(self, endpoint: Endpoint, status: int) -> None:
        """Count one answered request."""
        self._requests[endpoint, status] += 1

    def count_inference(self, status: int, rows: int, duration_seconds: float) -> None:
        """Count the rows and the duration of one inference, refused or not."""
        if status == 200:
            self._successes += 1
            self._success_seconds += duration_seconds
        else:
            self._failures += 1
            self._failure_seconds += duration_seconds
        self._last_unix_seconds = time.time()
        self._rows += rows
        self._duration_sum_seconds += duration_seconds
        self._duration_counts[bisect_left(_BUCKETS_SECONDS, duration_seconds)] += 1

    def inference_counts(self) -> InferenceCounts:
        """Return the counts that the statistics are made of."""
        return InferenceCounts(
            successes=self._successes,
            success_seconds=self._success_seconds,
            failures=self._failures,
            failure_seconds=self._failure_seconds,
            rows=self._rows,
            last_unix_seconds=self._last_unix_seconds,
        )

    def exposition(self) -> HttpResponse:
        """Return the answer to a scrape."""
        return HttpResponse(
            200, generate_latest(self._registry), CONTENT_TYPE_LATEST.encode("ascii")
        )

    def collect(self) -> Iterable[Metric]:
        """Yield everything as Prometheus families; the registry calls this."""
        requests = CounterMetricFamily(
            f"{_PREFIX}_requests",
            "Answered requests.",
            labels=(*_LABELS, "endpoint", "code"),
        )
        for (endpoint, status), count in sorted(self._requests.items()):
            requests.add_metric((*self._values, endpoint.value, str(status)), count)
        yield requests
        rows = CounterMetricFamily(f"{_PREFIX}_inference_rows", "Predicted rows.", labels=_LABELS)
        rows.add_metric(self._values, self._rows)
        yield rows
        yield self._durations()
        yield self._gauge(
            "requests_in_flight", "Requests that wait for a prediction.", self.in_flight
        )
        yield self._gauge("ready", "1 while new requests are welcome.", int(self.is_ready))
        if self.load_seconds is not None:
            yield self._gauge(
                "model_load_duration_seconds",
                "Time to fetch, verify, open and try the model.",
                self.load_seconds,
            )
        info = GaugeMetricFamily(
            f"{_PREFIX}_model_info", "The model that is served.", labels=(*_LABELS, "digest")
        )
        info.add_metric((*self._values, self._identity.artifact_digest), 1)
        yield info
        if self.model is not None:
            yield self._engine(self.model)

    def _engine(self, model: ServedModel) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            f"{_PREFIX}_engine_info",
            "1 for the engine that predicts, 0 for a faster one that does not, and why.",
            labels=(*_LABELS, "engine", "reason"),
        )
        family.add_metric((*self._values, model.engine.platform, ""), 1)
        for each in model.refused:
            family.add_metric((*self._values, each.engine, each.reason), 0)
        return family

    def _durations(self) -> HistogramMetricFamily:
        family = HistogramMetricFamily(
            f"{_PREFIX}_inference_duration_seconds",
            "Time from a complete inference request to its response.",
            labels=_LABELS,
        )
        bounds = (*map(str, _BUCKETS_SECONDS), "+Inf")
        total = 0
        buckets = []
        for bound, count in zip(bounds, self._duration_counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric(self._values, buckets, self._duration_sum_seconds)
        return family

    def _gauge(self, name: str, text: str, value: float) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=_LABELS)
        gauge.add_metric(self._values, value)
        return gauge
