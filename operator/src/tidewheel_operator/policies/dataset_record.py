"""What the end of a Dataset's Job means: a snapshot, an unchanged source, fewer old snapshots."""

from datetime import datetime
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook, Reason
from tidewheel_contracts.job import CollectResult, ProbeResult, PruneResult
from tidewheel_operator.policies.conditions import ready, stalled
from tidewheel_operator.policies.dataset_jobs import has_news, request_kind
from tidewheel_operator.policies.dataset_view import DatasetDecision, DatasetView, settle
from tidewheel_operator.policies.events import Event
from tidewheel_operator.policies.job_state import Ended, round_of
from tidewheel_operator.policies.observed import to_time

__all__ = ["lasting", "record"]

Object = dict[str, Any]


def record(view: DatasetView, job: Object, ended: Ended, now: datetime) -> DatasetDecision:
    """Return the decision that writes down how a Job ended."""
    kind = request_kind(job)
    if kind == "PruneRequest":
        return _record_prune(view, job, ended, now)
    if kind == "ProbeRequest" and not ended.is_told:
        return _record_probe(view, job, ended, now)
    return _record_collection(view, job, ended, now)


def lasting(status: DatasetStatus) -> tuple[Condition, ...]:
    """Return what the last look said, without what was in the way of the next one."""
    return tuple(item for item in status.conditions if item.type != ConditionType.RECONCILING)


def _record_collection(
    view: DatasetView, job: Object, ended: Ended, now: datetime
) -> DatasetDecision:
    """Write down a snapshot or why there is none: a probe that failed says it in the same words."""
    status = view.dataset.status
    update = _looked(job, now) | {"collected_generation": _generation_of(job)}
    if isinstance(ended.message, CollectResult):
        result = ended.message
        update |= _snapshot_update(status, result) | {"last_check_time": to_time(now)}
        conditions = ready(Reason.SNAPSHOT_READY, _snapshot_message(result))
    else:
        update["failures"] = ended.failures
        conditions = stalled(ended.reason, ended.explanation)
    return settle(view, now, conditions, status=status.model_copy(update=update))


def _snapshot_update(status: DatasetStatus, result: CollectResult) -> dict[str, Any]:
    before = status.snapshot
    is_new = before is None or before.digest != result.snapshot.digest
    return {
        "snapshot": result.snapshot,
        "columns": result.columns,
        "source_fingerprint": result.source_fingerprint,
        "seen_fingerprint": result.seen_fingerprint or result.source_fingerprint,
        "waiting_rows": result.waiting_rows,
        "failures": (),
        "schema_changes": result.schema_changes if is_new else status.schema_changes,
        "snapshots": status.snapshots + is_new,
    }


def _snapshot_message(result: CollectResult) -> str:
    snapshot = result.snapshot
    text = f"{snapshot.rows} rows, {snapshot.labelled_rows} labelled, {snapshot.parts} parts"
    if snapshot.quarantined_rows:
        text += f"; {snapshot.quarantined_rows} rows that failed a check are left out"
    if result.ignored_columns:
        ignored = ", ".join(result.ignored_columns)
        text += f"; columns that earlier data does not have are ignored: {ignored}"
    return "; ".join((text, *result.notes))


def _record_probe(view: DatasetView, job: Object, ended: Ended, now: datetime) -> DatasetDecision:
    """Write down a source that gives no new snapshot; of any other a collection tells."""
    status = view.dataset.status
    seen = _seen(view, ended.message) if isinstance(ended.message, ProbeResult) else None
    if seen is None:
        update: dict[str, Any] = {
            "collections": round_of(job),
            "next_look": NextLook.COLLECTION,
        }
    else:
        update = seen | _looked(job, now) | {"last_check_time": to_time(now)}
    return settle(view, now, lasting(status), status=status.model_copy(update=update))


def _seen(view: DatasetView, result: ProbeResult) -> dict[str, Any] | None:
    """Return what a probe adds to status when the source is unchanged or has too few new rows."""
    status, fingerprint = view.dataset.status, result.fingerprint
    if fingerprint is None:
        return None
    if fingerprint == status.seen_fingerprint:
        return {}
    if fingerprint == status.source_fingerprint:
        # New rows that waited for more of their kind are gone again.
        return {"seen_fingerprint": fingerprint, "waiting_rows": 0}
    if result.new_rows is not None and result.new_rows < _rows_wanted(view):
        return {"seen_fingerprint": fingerprint, "waiting_rows": result.new_rows}
    return None


def _rows_wanted(view: DatasetView) -> int:
    """Return how many new rows make a new snapshot, as the collection itself reckons."""
    refresh, snapshot = view.dataset.spec.refresh, view.dataset.status.snapshot
    rows = snapshot.rows if snapshot is not None else 0
    return max(refresh.minimum_new_rows, int(float(refresh.minimum_new_share) * rows))


def _record_prune(view: DatasetView, job: Object, ended: Ended, now: datetime) -> DatasetDecision:
    status = view.dataset.status
    events: tuple[Event, ...] = ()
    stay = status.snapshots
    if isinstance(ended.message, PruneResult):
        result = ended.message
        stay = max(1, status.snapshots - result.snapshots)
        if result.snapshots or result.parts:
            counts = f"{result.snapshots} old snapshots and {result.parts} parts"
            message = f"{counts} that nothing pointed at were removed from the store"
            events = (Event("Normal", "SnapshotsPruned", message),)
    else:
        message = f"old snapshots could not be removed: {ended.reason}: {ended.explanation}"
        events = (Event("Warning", "PruneFailed", message),)
    update: dict[str, Any] = {
        "collections": round_of(job),
        "snapshots": stay,
        "pruned_snapshots": stay,
        "last_prune_time": to_time(now),
    }
    if has_news(job) and status.next_look is None:
        update["next_look"] = NextLook.PROBE
    after = status.model_copy(update=update)
    return settle(view, now, lasting(status), status=after, events=events)


def _looked(job: Object, now: datetime) -> dict[str, Any]:
    return {
        "collections": round_of(job),
        "last_attempt_time": to_time(now),
        "next_look": NextLook.PROBE if has_news(job) else None,
    }


def _generation_of(job: Object) -> int:
    """Return the generation of the spec that a Job was made of."""
    text = (job["metadata"].get("annotations") or {}).get(labels.GENERATION, "0")
    return int(text) if text.isdigit() else 0
