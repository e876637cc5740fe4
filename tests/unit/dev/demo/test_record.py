"""The shape of build/demo.json, which other programs read."""

import json
from pathlib import Path

from tests.unit.dev.demo.builders import run, verdict, version

from tidewheel_dev.demo.record import record_of, write
from tidewheel_dev.demo.state import State


def test_record_is_written_as_documented(tmp_path: Path) -> None:
    state = State(
        runs=(
            run("Initial", name="flight-delay-1", result=verdict("Passed")),
            run("NewData", name="flight-delay-2", result=verdict("Untested")),
            run("Alert", name="flight-delay-3"),
        ),
        versions=(version(1, "Initial"), version(2, "NewData")),
    )
    found = record_of(
        state,
        seconds=201.26,
        requests_sent=412,
        requests_failed=0,
        auc_march=0.70489,
        snapshots=["sha256:1", "sha256:2"],
    )
    file = tmp_path / "build" / "demo.json"
    write(found, file)
    assert json.loads(file.read_text()) == {
        "seconds": 201.3,
        "requests_sent": 412,
        "requests_failed": 0,
        "auc_march": 0.7049,
        "snapshots": ["sha256:1", "sha256:2"],
        "versions": [
            {"name": "flight-delay-v1", "number": 1, "cause": "Initial"},
            {"name": "flight-delay-v2", "number": 2, "cause": "NewData"},
        ],
        "runs": [
            {"name": "flight-delay-1", "cause": "Initial", "verdict": "Passed"},
            {"name": "flight-delay-2", "cause": "NewData", "verdict": "Untested"},
            {"name": "flight-delay-3", "cause": "Alert", "verdict": None},
        ],
        "runs_by_cause": {"Alert": 1, "Initial": 1, "NewData": 1},
    }
