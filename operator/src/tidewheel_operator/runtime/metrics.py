"""Every metric of the operator, declared once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = [
    "ALERTS",
    "API_CALLS",
    "QUEUE_DEPTH",
    "RECONCILE_FAILURES",
    "RECONCILE_SECONDS",
    "REGISTRY",
    "WRITES",
]

REGISTRY = CollectorRegistry()

API_CALLS = Counter(
    "tidewheel_api_calls_total", "Calls to the API server.", ["verb", "code"], registry=REGISTRY
)
WRITES = Counter(
    "tidewheel_writes_total",
    "Writes to the API server that changed something.",
    ["kind", "action"],
    registry=REGISTRY,
)
RECONCILE_SECONDS = Histogram(
    "tidewheel_reconcile_seconds", "Seconds of one reconciliation.", ["kind"], registry=REGISTRY
)
RECONCILE_FAILURES = Counter(
    "tidewheel_reconcile_failures_total",
    "Reconciliations that will be tried again.",
    ["kind"],
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge("tidewheel_queue_depth", "Objects that wait for a worker.", registry=REGISTRY)
ALERTS = Counter(
    "tidewheel_alerts_total",
    "Alerts received, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)
