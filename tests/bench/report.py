"""The figures as a table for people, beside the goals and a peer, and as a file for programs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tests.bench.burst import Burst
from tests.bench.cold_start import ColdStart, rss_mb_per_10000
from tests.bench.fairness import Fairness
from tests.bench.idle import IdleLatency
from tests.bench.rest import Rest
from tests.bench.takeover import Takeover
from tests.bench.world import Rollout

__all__ = ["Figures", "RunFigures", "WorldFigures", "as_json", "show", "write"]

# Measured on a machine of the same kind and the same API server: a controller in Go.
_PEER = "Kubeflow Trainer v2.0.0"


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What was measured on runs alone."""

    idle: IdleLatency
    burst: Burst
    fairness: Fairness
    takeover: Takeover


@dataclass(frozen=True, slots=True)
class WorldFigures:
    """What was measured on many versions and deployments."""

    cold_start_empty: ColdStart
    cold_start_4000: ColdStart
    cold_start_versions: ColdStart
    rollout: Rollout
    cold_start_full: ColdStart
    rest: Rest


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one run of the bench has measured."""

    runs: RunFigures
    world: WorldFigures


def as_json(figures: Figures) -> dict[str, Any]:
    """Return the named figures first, then everything."""
    runs, world = figures.runs, figures.world
    return {
        "idle_p50_ms": runs.idle.p50_ms,
        "idle_p99_ms": runs.idle.p99_ms,
        "burst_1000_seconds": runs.burst.seconds,
        "cpu_ms_per_object": runs.burst.cpu_ms_per_object,
        "rss_mb_per_10000": rss_mb_per_10000(world.cold_start_empty, world.cold_start_full),
        "writes_at_rest": world.rest.writes,
        "takeover_kill_seconds": runs.takeover.kill_seconds,
        "takeover_term_seconds": runs.takeover.term_seconds,
        "rss_mb_per_10000_versions": rss_mb_per_10000(
            world.cold_start_empty, world.cold_start_versions
        ),
        "details": asdict(figures),
    }


def write(figures: Figures, file: Path) -> None:
    """Keep the figures for programs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(as_json(figures), indent=2) + "\n")


def show(figures: Figures, console: Console) -> None:
    """Print the figures for people."""
    table = Table("figure", "measured", "goal", _PEER, title="The operator's scale bench")
    for row in _rows(figures):
        table.add_row(*row)
    console.print(table)


def _rows(figures: Figures) -> list[tuple[str, str, str, str]]:
    runs, world = figures.runs, figures.world
    idle, burst, fair, taken = runs.idle, runs.burst, runs.fairness, runs.takeover
    full, rest, rollout = world.cold_start_full, world.rest, world.rollout
    named = as_json(figures)
    calls = ", ".join(f"{verb} {count}" for verb, count in burst.api_calls_per_object.items())
    return [
        ("run -> Job, idle, p50", f"{idle.p50_ms} ms", "<= 14 ms", "14 ms"),
        ("  before the Job's create call", f"{idle.before_call_p50_ms} ms", "", "6 ms"),
        ("  the call itself", f"{idle.call_p50_ms} ms", "", "8 ms"),
        ("run -> Job, idle, p95", f"{idle.p95_ms} ms", "", "19 ms"),
        ("run -> Job, idle, p99", f"{idle.p99_ms} ms", "<= 60 ms", ""),
        ("operator CPU per run, idle", f"{idle.cpu_ms_per_run} ms", "", ""),
        (f"{burst.runs} runs at once -> Jobs", f"{burst.seconds} s", "< 8 s", "48.5 s"),
        ("  the client's creates took", f"{burst.client_seconds} s", "", ""),
        ("operator CPU per object", f"{burst.cpu_ms_per_object} ms", "<= 5 ms", "3.25 ms"),
        ("API server's CPU per object", f"{burst.server_cpu_ms_per_object} ms", "", ""),
        ("API calls per object", calls, "", ""),
        (
            f"run elsewhere while {fair.flood} wait, worst of {fair.calm_runs}",
            f"{fair.calm_worst_seconds} s",
            "",
            "",
        ),
        ("takeover after SIGKILL, worst of 3", f"{taken.kill_seconds} s", "< 20 s", ""),
        ("takeover after SIGTERM, worst of 3", f"{taken.term_seconds} s", "< 4 s", ""),
        *_start_row("next to nothing", world.cold_start_empty, ""),
        *_start_row("4,000 objects", world.cold_start_4000, "<= 6 s CPU"),
        *_start_row("10,000 versions", world.cold_start_versions, ""),
        (
            f"{rollout.deployments} ModelDeployments -> all serve",
            f"{rollout.seconds} s, CPU {rollout.cpu_ms_per_object} ms each",
            "",
            "",
        ),
        *_start_row(f"{full.objects:,} objects", full, ""),
        ("memory per 10,000 objects", f"+{named['rss_mb_per_10000']} MB", "<= +150 MB", ""),
        ("  per 10,000 versions", f"+{named['rss_mb_per_10000_versions']} MB", "", ""),
        (f"writes at rest in {rest.seconds:.0f} s", f"{rest.writes}", "0", ""),
        ("CPU at rest in that time", f"{rest.cpu_ms} ms", "near 0", ""),
    ]


def _start_row(what: str, start: ColdStart, goal: str) -> list[tuple[str, str, str, str]]:
    times = f"ready {start.ready_seconds} s, settled {start.seconds} s"
    figures = f"{times}, CPU {start.cpu_seconds} s, {start.rss_mb} MB"
    return [(f"cold start with {what}", figures, goal, "")]
