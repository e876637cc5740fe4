"""What a person reads when an object that is not ours has a name that ours needs."""

from typing import Any

from tidewheel_operator.runtime.cache import owner_of

__all__ = ["name_conflict"]

Object = dict[str, Any]


def name_conflict(live: Object, manifest: Object) -> str:
    """Return who is in the way of a manifest, and what to do about it."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if _has_lost_owner(live, manifest):
        owner = manifest["metadata"]["ownerReferences"][0]
        return (
            f"{kind} '{name}' has lost its ownerReference to {owner['kind']} '{owner['name']}'; "
            "put it back, or remove the object and it is made again"
        )
    return f"{kind} '{name}' exists and belongs to somebody else; rename or remove it"


def _has_lost_owner(live: Object, manifest: Object) -> bool:
    """Tell whether a namesake has our labels and nobody controls it: labels are no proof either."""
    wanted = manifest["metadata"].get("labels") or {}
    found = live["metadata"].get("labels") or {}
    return (
        owner_of(live) is None
        and owner_of(manifest) is not None
        and wanted.items() <= found.items()
    )
