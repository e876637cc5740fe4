"""Queueing by Kueue: in which queue the Jobs of a run wait, and how they rank there."""

from typing import Annotated

from pydantic import Field

from tidewheel_contracts.api.model import ObjectName

__all__ = ["QUEUE_FIELDS", "QUEUE_RULES", "PriorityClassName", "QueueName"]

# Where a run waits is no part of its recipe, and nothing that its programs ask for.
QUEUE_FIELDS = frozenset({"queue_name", "priority_class_name"})
QUEUE_RULES = (
    (
        "!has(self.priorityClassName) || has(self.queueName)",
        "`queueName` must name the queue in which `priorityClassName` ranks the run",
    ),
)

QueueName = Annotated[
    ObjectName | None,
    Field(description="Kueue's LocalQueue in which each Job of the run waits for its quota."),
]
PriorityClassName = Annotated[
    ObjectName | None, Field(description="Kueue's WorkloadPriorityClass of these Jobs.")
]
