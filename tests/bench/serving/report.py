"""The figures as a table for people, beside the goals and the best peer, and as a file."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tests.bench.figures import rounded
from tests.bench.serving.cases import CASES
from tests.bench.serving.load import Load

__all__ = ["Figures", "Start", "show", "write"]

_OURS = "tidewheel"
# Requests per second and core.
_GOALS = {
    "linear_1_row": 25_000,
    "forest_1_row": 22_000,
    "linear_100_rows": 6_000,
    "forest_100_rows": 2_000,
    "linear_100_rows_binary": 20_000,
    "mixed_1_row": 10_000,
}


@dataclass(frozen=True, slots=True)
class Start:
    """What a server took until its first answer, and its memory then."""

    cpu_seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Figures:
    """By server and case, by server and model, and by model."""

    loads: dict[tuple[str, str], Load] = field(default_factory=dict)
    starts: dict[tuple[str, str], Start] = field(default_factory=dict)
    latencies: dict[str, dict[str, float]] = field(default_factory=dict)
    refusals: dict[tuple[str, str], str] = field(default_factory=dict)


def write(figures: Figures, output: Path) -> None:
    """Write the figures of every case with the ratio to its best peer, and those of starts."""
    document = {
        "cases": {case.name: _case(figures, case.name) for case in CASES},
        "starts": {
            f"{server} {model}": {
                "cpu_seconds": rounded(start.cpu_seconds),
                "memory_mb": rounded(start.memory_mb),
            }
            for (server, model), start in figures.starts.items()
        },
        "not_measured": {
            f"{server} {model}": reason for (server, model), reason in figures.refusals.items()
        },
        "open_loop": {
            model: {name: rounded(value) for name, value in found.items()}
            for model, found in figures.latencies.items()
        },
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=2) + "\n")


def show(figures: Figures, console: Console) -> None:
    """Print a row a case, then starts and latencies."""
    table = Table("case", "ours /s/core", "goal", "CPU us", "best peer", "/s/core", "ratio")
    for case in CASES:
        found = _case(figures, case.name)
        table.add_row(
            case.name,
            f"{found['ours_per_core']:,.0f}",
            f"{_GOALS[case.name]:,}",
            f"{found['cpu_us']:.1f}",
            str(found.get("best_peer", "")),
            f"{found.get('best_peer_per_core', 0):,.0f}",
            f"{found.get('ratio', 0):.0f}",
        )
    console.print(table)
    starts = Table("start until the first answer", "model", "CPU s", "memory MB")
    for (server, model), start in sorted(figures.starts.items()):
        starts.add_row(server, model, f"{start.cpu_seconds:.2f}", f"{start.memory_mb:.0f}")
    console.print(starts)
    for (server, model), reason in figures.refusals.items():
        console.print(f"{server} was not measured with {model}: {reason}")
    for model, found in figures.latencies.items():
        console.print(f"500 requests a second, {model}:", {k: rounded(v) for k, v in found.items()})


def _case(figures: Figures, case: str) -> dict[str, Any]:
    ours = figures.loads[_OURS, case]
    peers = {
        server: load.per_core
        for (server, name), load in figures.loads.items()
        if name == case and server != _OURS
    }
    found: dict[str, Any] = {
        "ours_per_core": rounded(ours.per_core),
        "cpu_us": rounded(ours.cpu_us),
        "memory_mb": rounded(ours.memory_mb),
        "peers_per_core": {server: rounded(value) for server, value in peers.items()},
    }
    if peers:
        best = max(peers, key=lambda server: peers[server])
        found["best_peer"] = best
        found["best_peer_per_core"] = rounded(peers[best])
        found["ratio"] = rounded(ours.per_core / peers[best])
    return found
