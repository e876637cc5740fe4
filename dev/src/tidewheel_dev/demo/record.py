"""What the demo leaves behind for programs: build/demo.json."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tidewheel_dev.demo.state import State

__all__ = ["Record", "RunRecord", "VersionRecord", "record_of", "write"]


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version and why it came to be."""

    name: str
    number: int
    cause: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, why it was opened, and what the gate said; no verdict if it ended without."""

    name: str
    cause: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """The numbers of one demo; requests are those that were asked while versions changed."""

    seconds: float
    requests_sent: int
    requests_failed: int
    auc_march: float
    snapshots: tuple[str, ...]
    versions: tuple[VersionRecord, ...]
    runs: tuple[RunRecord, ...]
    runs_by_cause: dict[str, int]


def record_of(
    state: State,
    *,
    seconds: float,
    requests_sent: int,
    requests_failed: int,
    auc_march: float,
    snapshots: Sequence[str],
) -> Record:
    """Return the record of a demo from the state at its end and what was counted on the way."""
    runs = tuple(
        RunRecord(
            name=run.name,
            cause=str(run.status.trigger.cause) if run.status.trigger else "",
            verdict=str(run.status.result.verdict) if run.status.result else None,
        )
        for run in state.runs
    )
    return Record(
        seconds=round(seconds, 1),
        requests_sent=requests_sent,
        requests_failed=requests_failed,
        auc_march=round(auc_march, 4),
        snapshots=tuple(snapshots),
        versions=tuple(
            VersionRecord(version.name, version.spec.number, str(version.spec.cause))
            for version in state.versions
        ),
        runs=runs,
        runs_by_cause=dict(sorted(Counter(run.cause for run in runs).items())),
    )


def write(record: Record, file: Path) -> None:
    """Write the record as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(record), indent=2) + "\n")
