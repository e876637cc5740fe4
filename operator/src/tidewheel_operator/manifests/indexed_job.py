"""Indexed Jobs: several pods share one request, each told by its index which part is its own."""

from typing import Any

__all__ = ["indexed"]

Object = dict[str, Any]

_RETRIES_OF_AN_INDEX = 3


def indexed(job: Object, pods: int) -> Object:
    """Return a Job of ours as one of so many pods that all run at once.

    What would end the Job ends one index: the others go on with their parts.
    """
    spec = {key: value for key, value in job["spec"].items() if key != "backoffLimit"}
    rules = [_of_index(rule) for rule in spec["podFailurePolicy"]["rules"]]
    return {
        **job,
        "spec": {
            **spec,
            "completionMode": "Indexed",
            "completions": pods,
            "parallelism": pods,
            "backoffLimitPerIndex": _RETRIES_OF_AN_INDEX,
            "podFailurePolicy": {"rules": rules},
        },
    }


def _of_index(rule: Object) -> Object:
    return {**rule, "action": "FailIndex"} if rule["action"] == "FailJob" else rule
