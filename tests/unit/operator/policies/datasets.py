"""A Dataset as it is after its first snapshot, and the view of it that decisions are made of."""

from datetime import timedelta
from typing import Any

from tests.builders import NOW, Object, digest, make_snapshot, make_store, time_text
from tests.unit.operator.observations import TRAINER, conditions, observed

from tidewheel_contracts.api.v1alpha1.common import Column
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.job import CollectResult
from tidewheel_operator.policies.dataset_view import DatasetView

EARLIER = NOW - timedelta(seconds=100)
# When the next look at the source is due.
DUE = NOW + timedelta(seconds=200)
RESULT = CollectResult(
    snapshot=make_snapshot(),
    source_fingerprint=digest("source"),
    columns=(Column(name="late", type="int64"),),
)
READY = conditions(
    "SnapshotReady", "1000 rows, 1000 labelled, 1 parts", ready="True", since=EARLIER
)
COLLECTED = DatasetStatus(
    observed_generation=1,
    conditions=READY,
    snapshot=RESULT.snapshot,
    columns=RESULT.columns,
    source_fingerprint=RESULT.source_fingerprint,
    seen_fingerprint=RESULT.source_fingerprint,
    last_check_time=time_text(EARLIER),
    last_attempt_time=time_text(EARLIER),
    collections=1,
    collected_generation=1,
    snapshots=1,
)


def after(**changes: Any) -> DatasetStatus:
    """Return the status after the first snapshot with some fields changed."""
    return COLLECTED.model_copy(update=changes)


def view(
    dataset: Object,
    *jobs: Object,
    pods: tuple[Object, ...] = (),
    has_store: bool = True,
    snapshots_in_use: tuple[str, ...] = (),
) -> DatasetView:
    """Return what is known of a Dataset with these Jobs."""
    by_job: dict[str, Any] = {job["metadata"]["uid"]: () for job in jobs}
    for pod in pods:
        by_job[pod["metadata"]["ownerReferences"][0]["uid"]] += (pod,)
    store = observed(make_store()).spec if has_store else None
    return DatasetView(
        observed(dataset),
        store,
        tuple(jobs),
        by_job,
        TRAINER,
        snapshots_in_use=snapshots_in_use,
    )
