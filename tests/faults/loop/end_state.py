"""What is left of a loop on a real server, said so that two worlds can be compared. Pure.

The API server makes up uids, and names of children are made of them; both become words that say
what an object is. Times, versions and addresses go.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.builders import Object

from tidewheel_contracts import labels
from tidewheel_operator.runtime.cache import owner_of

__all__ = ["differences", "end_state"]

_DROPPED = frozenset(
    {
        "clusterIP",
        "clusterIPs",
        "creationTimestamp",
        "managedFields",
        "resourceVersion",
        "time",
        # A hash over uids.
        labels.MANIFEST_HASH,
    }
)
# After a name: a number, such as one of a person's parameters, begins with the same.
_HASH = re.compile(r"(?<=[0-9a-z])-[0-9a-f]{10}\b")
_UID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_MOST_SHOWN = 12


def end_state(items: Sequence[Object], namespace: str) -> dict[str, Any]:
    """Return all objects of a namespace by what they are."""
    names = {namespace: "the namespace", **_names(items)}
    text = json.dumps([_timeless(item) for item in items])
    # The longest first: a pod's name begins with that of its Job.
    for word in sorted(names, key=len, reverse=True):
        text = text.replace(word, names[word])
    # What is gone is still named; only made-up parts tell it from its namesake in another world.
    text = _UID.sub("a uid", _HASH.sub("-hash", text))
    told = [names[item["metadata"]["uid"]] for item in items]
    return dict(zip(told, json.loads(text), strict=True))


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Return where two ends differ, in few words."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        lines = [
            line
            for key in sorted(found.keys() | wanted.keys())
            for line in differences(found.get(key), wanted.get(key), f"{where}/{key}")
        ]
        return lines[:_MOST_SHOWN]
    if found == wanted:
        return []
    return [f"{where}: {_short(found)} instead of {_short(wanted)}"]


def _names(items: Sequence[Object]) -> dict[str, str]:
    """Return what every uid and every made-up name stands for."""
    by_uid = {item["metadata"]["uid"]: item for item in items}
    seen: Counter[str] = Counter()
    names = {}
    for item in items:
        what = _what(item, by_uid)
        seen[what] += 1
        told = what if seen[what] == 1 else f"{what} #{seen[what]}"
        names[item["metadata"]["uid"]] = told
        if item["kind"] in ("Job", "Pod", "TrainingRun"):
            names[item["metadata"]["name"]] = told
    return names


def _what(item: Object, by_uid: dict[str, Object]) -> str:
    kind, metadata, owner = item["kind"], item["metadata"], owner_of(item)
    if kind == "TrainingRun":
        cause = (metadata.get("labels") or {}).get(labels.CAUSE, "no cause")
        return f"TrainingRun for {cause}"
    if kind in ("Job", "Pod") and owner is not None:
        parent = by_uid.get(owner["uid"])
        told = _what(parent, by_uid) if parent is not None else f"a {owner['kind']} that is gone"
        number = (metadata.get("annotations") or {}).get(labels.ROUND, "")
        return " ".join(filter(None, (kind, _program(item), number, "of", told)))
    return f"{kind} {metadata['name']}"


def _program(item: Object) -> str:
    """Return what a Job runs: one that trains and one that asks have a first round each."""
    if item["kind"] != "Job":
        return ""
    [container] = item["spec"]["template"]["spec"]["containers"]
    program: str = container["args"][0]
    return program


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _timeless(part)
            for key, part in value.items()
            if not _is_dropped(key, value) and not key.endswith("Time")
        }
    if isinstance(value, list):
        return [_timeless(part) for part in value]
    return value


def _is_dropped(key: str, value: dict[str, Any]) -> bool:
    """An object's own uid goes; those of others tell what it refers to."""
    return key in _DROPPED or (key == "uid" and "resourceVersion" in value)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 160 else f"{text[:160]}..."
