"""What the Jobs of open runs reported, by the run's uid; kept in memory, as the next one counts."""

from tidewheel_operator.policies.reported import Told, further

__all__ = ["Reports"]

_MOST_RUNS = 10_000


class Reports:
    """The report of each run that speaks, until the run has ended."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def take(self, run_uid: str, told: Told) -> None:
        """Take a report in; of too many runs, the one that was silent longest is forgotten."""
        self._told[run_uid] = further(self._told.pop(run_uid, None), told)
        while len(self._told) > _MOST_RUNS:
            del self._told[next(iter(self._told))]

    def of(self, run_uid: str) -> Told | None:
        """Return what was told of a run."""
        return self._told.get(run_uid)

    def forget(self, run_uid: str) -> None:
        """Drop what was told of a run that has ended."""
        self._told.pop(run_uid, None)

    def clear(self) -> None:
        """Drop all: another replica has heard later reports."""
        self._told.clear()
