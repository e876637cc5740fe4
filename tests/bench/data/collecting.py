"""The measured process: land CSV files, clean, find duplicates in all of them, check."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tidewheel_contracts.api.v1alpha1.dataset_checks import Checks
from tidewheel_contracts.api.v1alpha1.dataset_steps import Step
from tidewheel_trainer.check.rows import quarantined
from tidewheel_trainer.check.whole import failures
from tidewheel_trainer.clean.memory import Memory
from tidewheel_trainer.clean.steps import cleaned, divided
from tidewheel_trainer.sources.csv_file import land_csv

STEPS = tuple(
    Step.model_validate(step)
    for step in (
        {"filter": {"expression": "distance > 100"}},
        {"fillNulls": {"column": "temperature", "value": "10"}},
        {"derive": {"column": "speed", "expression": "distance / greatest(wind, 1)"}},
        {"clip": {"column": "delay", "minimum": "-60", "maximum": "600"}},
        {"dropDuplicates": {}},
        {"dropDuplicates": {"columns": ["id"]}},
        {
            "sql": {
                "query": "SELECT * FROM input WHERE origin <> destination ORDER BY departure, id"
            }
        },
    )
)
CHECKS = Checks.model_validate(
    {
        "columns": [
            {"column": "id", "type": "Integer", "unique": True, "nullable": False},
            {"column": "carrier", "allowed": ["AA", "B6", "DL", "EV", "UA", "WN"]},
            {"column": "remark", "pattern": "gate [0-9]+, .*"},
            {"column": "wind", "minimum": "0.01"},
        ],
        "onFailure": "Quarantine",
    }
)


def main(folder: Path, limit_bytes: int) -> None:
    """Do it, and write what came out and how long each part took."""
    memory = Memory(folder, limit_bytes // 2)
    seconds = {"land": 0.0, "clean": 0.0}
    singles, whole = divided(STEPS)
    parts = []
    for number, source in enumerate(sorted((folder / "source").iterdir())):
        landed, part = folder / "landed", folder / f"part-{number}"
        seconds["land"] += _timed(partial(land_csv, source, landed, source.name))
        seconds["clean"] += _timed(partial(cleaned, [landed], singles, part, memory))
        parts.append(part)
    clean, kept, failed = folder / "clean", folder / "kept", folder / "failed"
    seconds["clean the whole"] = _timed(lambda: cleaned(parts, whole, clean, memory))
    seconds["quarantine"] = _timed(lambda: quarantined(clean, CHECKS, kept, failed, memory))
    found: list[str] = []
    now = datetime.now(UTC)
    seconds["check"] = _timed(lambda: found.extend(failures([kept], CHECKS, None, now, memory)))
    outcome = {"failures": found, "parts": {name: round(s, 1) for name, s in seconds.items()}}
    (folder / "outcome.json").write_text(json.dumps(outcome))


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
