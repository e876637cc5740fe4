"""Every metric of the operator, declared once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = [
    "ALERTS",
    "API_CALLS",
    "DATA_EVENTS",
    "JOB_CREATION_SECONDS",
    "LEADER",
    "LOOP_LAG_SECONDS",
    "MISSED_CHANGES",
    "QUEUE_DEPTH",
    "QUEUE_OLDEST_SECONDS",
    "RECONCILES",
    "RECONCILE_SECONDS",
    "REGISTRY",
    "REPORTS",
    "RUNS",
    "WATCH_AGE_SECONDS",
    "WRITES",
]

REGISTRY = CollectorRegistry()

LEADER = Gauge("tidewheel_leader", "1 while this replica leads, else 0.", registry=REGISTRY)

API_CALLS = Counter(
    "tidewheel_api_calls_total", "Calls to the API server.", ["verb", "code"], registry=REGISTRY
)
WRITES = Counter(
    "tidewheel_writes_total",
    "Writes to the API server that changed something.",
    ["kind", "action"],
    registry=REGISTRY,
)

QUEUE_DEPTH = Gauge(
    "tidewheel_queue_depth",
    "Objects that wait for a worker of the leader.",
    registry=REGISTRY,
)
QUEUE_OLDEST_SECONDS = Gauge(
    "tidewheel_queue_oldest_seconds",
    "For how long the object that waits longest for a worker of the leader has waited.",
    registry=REGISTRY,
)
RECONCILE_SECONDS = Histogram(
    "tidewheel_reconcile_seconds", "Seconds of one reconciliation.", ["kind"], registry=REGISTRY
)
RECONCILES = Counter(
    "tidewheel_reconciles_total",
    "Reconciliations by their result: Done, Stale (the world had changed), Unavailable (the API "
    "server did not answer) or Defect (a fault of the operator); all but Done are tried again.",
    ["kind", "result"],
    registry=REGISTRY,
)

WATCH_AGE_SECONDS = Gauge(
    "tidewheel_watch_age_seconds",
    "Seconds since a kind was last heard of: by a watch event or by a verification.",
    ["kind"],
    registry=REGISTRY,
)
MISSED_CHANGES = Counter(
    "tidewheel_missed_changes_total",
    "Changes that verification found before any watch told of them.",
    ["kind"],
    registry=REGISTRY,
)
LOOP_LAG_SECONDS = Gauge(
    "tidewheel_loop_lag_seconds",
    "By how much the event loop was late at its last measurement.",
    registry=REGISTRY,
)

RUNS = Counter(
    "tidewheel_runs_total",
    "TrainingRuns that ended while this replica led, by what opened them and how they ended.",
    ["cause", "outcome"],
    registry=REGISTRY,
)
JOB_CREATION_SECONDS = Histogram(
    "tidewheel_job_creation_seconds",
    "Seconds from the creation of a TrainingRun (whole seconds) to that of its first Job.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
    registry=REGISTRY,
)
ALERTS = Counter(
    "tidewheel_alerts_total",
    "Alerts received, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)
DATA_EVENTS = Counter(
    "tidewheel_data_events_total",
    "News of data, by what became of each Dataset that it was about.",
    ["outcome"],
    registry=REGISTRY,
)
REPORTS = Counter(
    "tidewheel_reports_total",
    "Reports of progress by the code that they were answered with.",
    ["code"],
    registry=REGISTRY,
)
