"""How many threads a program may fit with: what its container asks of the processor, rounded up."""

from typing import Any

from tidewheel_contracts.job import THREADS_VARIABLE

__all__ = ["threads_variable"]

Object = dict[str, Any]


def threads_variable() -> Object:
    """Return the environment variable of a container.

    Kubernetes writes it when the pod starts, from the request that the pod has by then: an
    admission webhook may have changed ours. There is no limit of CPU to ask for.
    """
    return {
        "name": THREADS_VARIABLE,
        "valueFrom": {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1"}},
    }
