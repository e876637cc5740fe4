"""What programs may connect to: a variable tells their pods, and their egress guard keeps to it."""

import json
from dataclasses import dataclass
from typing import Any

from tidewheel_contracts.job import EGRESS_VARIABLE

__all__ = ["USUAL_EGRESS", "Egress", "egress_variable"]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Egress:
    """Hosts and ranges that an administrator lists, and the ranges of the cluster's own addresses.

    Addresses in the cluster's ranges are reached only where they are listed.
    """

    allow: tuple[str, ...] = ()
    cluster_ranges: tuple[str, ...] = ("10.96.0.0/12", "10.244.0.0/16")


# Nothing is listed, and the cluster's ranges are those of kubeadm and kind.
USUAL_EGRESS = Egress()


def egress_variable(egress: Egress, namespace: str) -> Object:
    """Return the environment variable of a container in a namespace."""
    wire = {
        "allow": egress.allow,
        "clusterRanges": egress.cluster_ranges,
        "namespace": namespace,
    }
    return {"name": EGRESS_VARIABLE, "value": json.dumps(wire, separators=(",", ":"))}
