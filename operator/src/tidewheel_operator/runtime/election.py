"""Who leads: the Lease as a value, and what a replica may do about it. Pure.

The rules are client-go's (`tools/leaderelection`): a Lease is free when nobody holds it, or when
it has not changed for its whole duration on the watcher's own clock; the times written in it are
for people, so clocks of replicas need not agree.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

__all__ = ["Claim", "Lease", "claim", "lease_of", "manifest", "released", "taken"]

Object = dict[str, Any]


class Claim(Enum):
    """What a replica may do about a Lease."""

    RENEW = "renew"  # it is ours
    TAKE = "take"  # nobody holds it, or its holder is gone
    WAIT = "wait"  # somebody else leads


@dataclass(frozen=True, slots=True)
class Lease:
    """What a Lease object says; `version` is its resourceVersion, empty before it exists."""

    holder: str = ""
    duration_seconds: int = 0
    acquire_time: str | None = None
    renew_time: str | None = None
    transitions: int = 0
    version: str = ""


def lease_of(item: Object) -> Lease:
    """Return what a Lease object says; any field may be missing."""
    spec = item.get("spec") or {}
    return Lease(
        holder=spec.get("holderIdentity") or "",
        duration_seconds=spec.get("leaseDurationSeconds") or 0,
        acquire_time=spec.get("acquireTime"),
        renew_time=spec.get("renewTime"),
        transitions=spec.get("leaseTransitions") or 0,
        version=item["metadata"].get("resourceVersion", ""),
    )


def claim(lease: Lease, identity: str, unchanged_seconds: float) -> Claim:
    """Decide; `unchanged_seconds` is for how long this replica has seen the Lease as it is."""
    if lease.holder == identity:
        return Claim.RENEW
    if not lease.holder or unchanged_seconds >= lease.duration_seconds:
        return Claim.TAKE
    return Claim.WAIT


def taken(lease: Lease, identity: str, duration_seconds: int, now: datetime) -> Lease:
    """Return the Lease as its holder writes it, whether new, taken or renewed."""
    is_renewal = lease.holder == identity
    moment = _micro_time(now)
    return Lease(
        holder=identity,
        duration_seconds=duration_seconds,
        acquire_time=lease.acquire_time if is_renewal else moment,
        renew_time=moment,
        transitions=lease.transitions if is_renewal else lease.transitions + 1,
        version=lease.version,
    )


def released(lease: Lease, now: datetime) -> Lease:
    """Return the Lease as its holder leaves it for the next one to take at once."""
    return Lease(
        # The least that the API server takes.
        duration_seconds=1,
        acquire_time=lease.acquire_time,
        renew_time=_micro_time(now),
        transitions=lease.transitions,
        version=lease.version,
    )


def manifest(lease: Lease, namespace: str, name: str) -> Object:
    """Return the object to send; with a resourceVersion, so that only one of two writers wins."""
    metadata = {"name": name, "namespace": namespace}
    if lease.version:
        metadata["resourceVersion"] = lease.version
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": lease.duration_seconds,
            "acquireTime": lease.acquire_time,
            "renewTime": lease.renew_time,
            "leaseTransitions": lease.transitions,
        },
    }


def _micro_time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
