"""Measure the operator at scale: `make bench-operator`. Prints figures; judges nothing."""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from tests.bench.burst import measure_burst
from tests.bench.cold_start import ColdStart, measure_cold_start
from tests.bench.fairness import measure_fairness
from tests.bench.idle import measure_idle
from tests.bench.measured import running_operator
from tests.bench.nodes import running_nodes
from tests.bench.report import Figures, RunFigures, WorldFigures, show, write
from tests.bench.rest import measure_rest
from tests.bench.server import BenchServer, running_server
from tests.bench.takeover import measure_takeover
from tests.bench.world import make_namespaces, make_versions, roll_out

from tidewheel_dev import errors, kwok, paths, progress

_REST_SECONDS = 60.0
_CONVERGE_SECONDS = 600


def main() -> int:
    """Measure everything; the exit code is 1 when something did not happen in time."""
    arguments = _arguments()
    try:
        kwok.ensure()
        with tempfile.TemporaryDirectory(prefix="tidewheel-bench-") as folder:
            figures = _measure(Path(folder), arguments.checkout)
    except errors.DevError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    show(figures, Console(width=120))
    write(figures, arguments.output)
    sys.stdout.write(f"written to {arguments.output}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--checkout", type=Path, help="measure the operator of another checkout of this repository"
    )
    output = paths.REPOSITORY / "build" / "bench-operator.json"
    parser.add_argument("--output", type=Path, default=output, help="where to write the figures")
    return parser.parse_args()


def _measure(folder: Path, checkout: Path | None) -> Figures:
    with running_server(folder / "runs") as server:
        runs = _measure_runs(server, checkout)
    # A server of its own, so that no run of before is among its objects.
    with running_server(folder / "world") as server:
        return Figures(runs, _measure_world(server, checkout))


def _measure_runs(server: BenchServer, checkout: Path | None) -> RunFigures:
    with running_operator(server, checkout) as operator:
        operator.wait_leading()
        with progress.step("200 runs one after the other"):
            idle = measure_idle(server, operator, 200)
        with progress.step("1,000 runs at once"):
            burst = measure_burst(server, operator, 1000)
        with progress.step("5,000 runs in one namespace, a few in another"):
            fairness = measure_fairness(server, operator, 5000)
    with progress.step("take over, six times"):
        return RunFigures(idle, burst, fairness, measure_takeover(server, checkout))


def _measure_world(server: BenchServer, checkout: Path | None) -> WorldFigures:
    make_namespaces(server)
    with progress.step("cold starts: next to nothing, 4,000 versions, 10,000 versions"):
        _converge(server, checkout)
        empty = _cold_start(server, checkout)
        make_versions(server, 1, 4)
        _converge(server, checkout)
        few = _cold_start(server, checkout)
        make_versions(server, 5, 10)
        _converge(server, checkout)
        versions = _cold_start(server, checkout)
    with (
        progress.step("1,000 ModelDeployments at once"),
        running_nodes(server),
        running_operator(server, checkout) as operator,
    ):
        operator.wait_leading()
        rollout = roll_out(server, operator)
    with (
        progress.step("cold start with everything, then a minute of rest"),
        running_operator(server, checkout) as operator,
    ):
        full = measure_cold_start(server, operator)
        rest = measure_rest(server, operator, _REST_SECONDS)
    return WorldFigures(empty, few, versions, rollout, full, rest)


def _converge(server: BenchServer, checkout: Path | None) -> None:
    """Let an operator do what is to be done, so that a cold start after it finds nothing."""
    with running_operator(server, checkout) as operator:
        operator.wait_leading()
        operator.wait_quiet(_CONVERGE_SECONDS)


def _cold_start(server: BenchServer, checkout: Path | None) -> ColdStart:
    with running_operator(server, checkout) as operator:
        return measure_cold_start(server, operator)


if __name__ == "__main__":
    sys.exit(main())
