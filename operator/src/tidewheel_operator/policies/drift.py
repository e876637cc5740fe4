"""Whether an applied child still is as we want it: by the hash we left and by the fields we own."""

from typing import Any

from tidewheel_contracts import labels

__all__ = ["differs"]

Object = dict[str, Any]


def differs(wanted: Object, live: Object) -> bool:
    """Tell whether a child must be applied again."""
    annotations = live["metadata"].get("annotations") or {}
    wanted_hash = wanted["metadata"]["annotations"][labels.MANIFEST_HASH]
    return annotations.get(labels.MANIFEST_HASH) != wanted_hash or not _holds(wanted, live)


def _holds(wanted: Any, live: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether everything in `wanted` is in `live`, which may hold more."""
    # Most parts are as we wrote them, and comparing those is quick.
    if wanted == live:
        return True
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            key in live and _holds(value, live[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(wanted) == len(live)
            and all(_holds(one, other) for one, other in zip(wanted, live, strict=True))
        )
    return False
