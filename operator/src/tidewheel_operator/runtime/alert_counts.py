"""How many alerts met a run that was still queued; a run's reconciler writes it into status."""

from collections import Counter

__all__ = ["AlertCounts"]


class AlertCounts:
    """Counts by namespace and run name. A restart may lose some: they only inform."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, namespace: str, run: str, already_written: int) -> None:
        """Count one more alert on top of what the run's status says."""
        key = (namespace, run)
        self._counts[key] = max(self._counts[key], already_written) + 1

    def get(self, namespace: str, run: str) -> int:
        """Return the count of a run."""
        return self._counts[(namespace, run)]

    def forget(self, namespace: str, run: str) -> None:
        """Forget a run that has ended."""
        self._counts.pop((namespace, run), None)
