"""A line of keys in which namespaces take turns: a full one does not delay the others."""

from collections import deque
from dataclasses import dataclass

__all__ = ["FairLine", "Key"]


@dataclass(frozen=True, slots=True)
class Key:
    """One object of one of our kinds."""

    plural: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.plural}/{self.namespace}/{self.name}"


class FairLine:
    """First come, first served within a namespace; round robin over namespaces."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Key]] = {}
        self._turns: deque[str] = deque()

    def __bool__(self) -> bool:
        return bool(self._turns)

    def push(self, key: Key) -> None:
        """Add a key at the end of its namespace's line."""
        line = self._lines.get(key.namespace)
        if line is None:
            line = self._lines[key.namespace] = deque()
            self._turns.append(key.namespace)
        line.append(key)

    def pop(self) -> Key:
        """Take the first key of the namespace whose turn it is.

        Raises:
            IndexError: the line is empty.
        """
        namespace = self._turns.popleft()
        line = self._lines[namespace]
        key = line.popleft()
        if line:
            self._turns.append(namespace)
        else:
            del self._lines[namespace]
        return key
