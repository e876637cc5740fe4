"""Jobs that Kueue starts: created suspended, with the labels that it reads."""

from typing import Any

from tidewheel_contracts import labels

__all__ = ["queued"]

Object = dict[str, Any]


def queued(job: Object, queue_name: str, priority_class_name: str | None) -> Object:
    """Return a Job of ours as one that waits in a LocalQueue: from now on Kueue suspends it.

    Kueue would suspend it by its webhook too; without Kueue it must not run past its queue.
    """
    metadata = job["metadata"]
    priority = {labels.QUEUE_PRIORITY: priority_class_name} if priority_class_name else {}
    wanted = {**metadata["labels"], labels.QUEUE: queue_name, **priority}
    return {
        **job,
        "metadata": {**metadata, "labels": wanted},
        "spec": {**job["spec"], "suspend": True},
    }
