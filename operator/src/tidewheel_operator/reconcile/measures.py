"""What is counted when a decision has been carried out."""

from datetime import datetime
from typing import Any

from tidewheel_contracts.api.conditions import ConditionType
from tidewheel_contracts.api.v1alpha1.training_run import Cause, TrainingRunStatus
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.runtime.metrics import JOB_CREATION_SECONDS, RUNS

__all__ = ["measure"]

Object = dict[str, Any]


def measure(item: Object, decision: Decision[Any], now: datetime) -> None:
    """Count what a decision about `item`, as it was before, has brought about."""
    if isinstance(decision.status, TrainingRunStatus):
        _measure_run(item, decision, now)


def _measure_run(run: Object, decision: Decision[TrainingRunStatus], now: datetime) -> None:
    before, after = run.get("status") or {}, decision.status
    if decision.create and not before.get("attempt"):
        created = datetime.fromisoformat(run["metadata"]["creationTimestamp"])
        JOB_CREATION_SECONDS.observe(max(0.0, (now - created).total_seconds()))
    if after.completion_time is not None and "completionTime" not in before:
        cause = after.trigger.cause if after.trigger is not None else Cause.DEMAND
        (ready,) = (item for item in after.conditions if item.type == ConditionType.READY)
        RUNS.labels(cause, ready.reason).inc()
