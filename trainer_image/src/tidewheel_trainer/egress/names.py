"""Whose Service a host name is: of the namespace's own, of another one's, or no Service at all."""

from enum import StrEnum

from tidewheel_trainer.egress.policy import Policy
from tidewheel_trainer.egress.spelling import literal

__all__ = ["Owner", "normal", "owner_of"]


class Owner(StrEnum):
    """Who owns what a name stands for."""

    OWN = "own"
    OTHER = "other"
    OUTSIDE = "outside"


def normal(host: str) -> str:
    """Return a host as it is compared: lower case, without a dot at the end or brackets."""
    return host.strip().lower().strip("[]").removesuffix(".")


def owner_of(host: str, policy: Policy) -> Owner:
    """Tell whose Service a normal host is, by its name alone.

    `svc` and `svc.namespace` are Services only where the cluster's DNS says so; whoever asks
    compares what they resolve to. A pod of a Service may stand before it: `kafka-0.kafka.ml.svc`.
    """
    if literal(host) is not None:
        return Owner.OUTSIDE
    labels = host.removesuffix(f".{policy.cluster_domain}").split(".")
    is_full = host.endswith(f".{policy.cluster_domain}")
    if labels[-1] in ("svc", "pod") and len(labels) in (3, 4):
        return _by_namespace(labels[-2], policy)
    if is_full:
        # Names of the cluster that are no Service: nothing of the namespace's own.
        return Owner.OTHER
    is_short = len(labels) == 1 or (len(labels) == 2 and labels[1] == policy.namespace)
    return Owner.OWN if is_short and policy.namespace else Owner.OUTSIDE


def _by_namespace(namespace: str, policy: Policy) -> Owner:
    return Owner.OWN if policy.namespace and namespace == policy.namespace else Owner.OTHER
