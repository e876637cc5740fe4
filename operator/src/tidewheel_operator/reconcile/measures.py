"""What is counted when something has been carried out."""

from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import ConditionType
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.run_status import Cause, TrainingRunStatus
from tidewheel_operator.runtime.fields import field_at, object_at
from tidewheel_operator.runtime.metrics import JOB_CREATION_SECONDS, RUNS
from tidewheel_operator.runtime.resources import TRAINING_RUNS

__all__ = ["measure_end", "measure_job"]

Object = dict[str, Any]


def measure_job(item: Object, now: datetime) -> None:
    """Count that a Job was created of an object as it was before."""
    is_first = not field_at(item, "status", "attempt")
    if item["kind"] == TRAINING_RUNS.kind and is_first:
        created = datetime.fromisoformat(item["metadata"]["creationTimestamp"])
        JOB_CREATION_SECONDS.observe(max(0.0, (now - created).total_seconds()))


def measure_end(item: Object, after: Status) -> None:
    """Count a run that has ended by a status that was written."""
    before = object_at(item, "status")
    if not isinstance(after, TrainingRunStatus) or after.completion_time is None:
        return
    if "completionTime" in before:
        return
    cause = after.trigger.cause if after.trigger is not None else Cause.DEMAND
    (ready,) = (one for one in after.conditions if one.type == ConditionType.READY)
    RUNS.labels(cause, ready.reason).inc()
