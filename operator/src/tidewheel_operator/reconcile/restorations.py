"""How often each child was put right, so that two writers that both insist do not fight.

The first restoration comes at once, each further one after twice the wait, up to ten minutes. A new
intent, or half an hour of peace, begins anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tidewheel_contracts import labels

__all__ = ["MANY", "Restorations"]

Object = dict[str, Any]

# So many restorations are no accident any more: a person is told.
MANY = 3
_LONGEST_WAIT = timedelta(minutes=10)
_PEACE = timedelta(minutes=30)
_MOST_CHILDREN = 10_000


@dataclass(frozen=True, slots=True)
class _Written:
    """The last write of a child: what was meant, when, and how many times it was repeated."""

    intent: str
    moment: datetime
    repeats: int


class Restorations:
    """The last write of every child that this process made or applied."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, str, str], _Written] = {}

    def seconds_to_wait(self, manifest: Object, now: datetime) -> float:
        """Return how long a child has to stay as it is; 0 when it may be written now."""
        last = self._written.get(_key(manifest))
        if last is None or last.intent != _intent(manifest) or not last.repeats:
            return 0.0
        wait = min(_LONGEST_WAIT, timedelta(seconds=2.0 ** min(last.repeats, 20)))
        passed = now - last.moment
        # A clock that was set back must not make anybody wait.
        return (wait - passed).total_seconds() if timedelta(0) <= passed < wait else 0.0

    def note(self, manifest: Object, now: datetime) -> int:
        """Remember a write; return how many times it was repeated without peace in between."""
        last, intent = self._written.pop(_key(manifest), None), _intent(manifest)
        is_first = last is None or last.intent != intent
        repeats = 0
        if last is not None and not is_first:
            repeats = last.repeats + 1 if now - last.moment < _PEACE else 1
        self._written[_key(manifest)] = _Written(intent, now, repeats)
        while len(self._written) > _MOST_CHILDREN:
            del self._written[next(iter(self._written))]
        return repeats

    def forget(self, item: Object) -> None:
        """Forget a child that we deleted ourselves."""
        self._written.pop(_key(item), None)


def _key(item: Object) -> tuple[str, str, str]:
    return (item["kind"], item["metadata"]["namespace"], item["metadata"]["name"])


def _intent(manifest: Object) -> str:
    """Return what tells one intent from the next.

    What is created once is named by its intent, but for versions: their numbers begin anew with a
    model that is deleted and applied again, and only their run tells the new one from the old.
    """
    annotations = manifest["metadata"].get("annotations") or {}
    run = (manifest.get("spec") or {}).get("run") or {}
    return str(annotations.get(labels.MANIFEST_HASH, run.get("uid", "")))
