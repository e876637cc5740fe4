"""Run all tests part by part, with one cluster for those that need it, and print the minutes."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich import console, table

from tidewheel_dev import cluster, errors, kuberay, kueue, paths
from tidewheel_dev.data_servers import everything

__all__ = ["Part", "Result", "parts", "run", "summary"]

# The integration tests and those of faults start API servers of their own.
_WITHOUT_CLUSTER = ("unit", "contract", "integration", "faults")
_WITH_CLUSTER = ("crds", "e2e", "chart")


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of tests."""

    name: str
    needs_cluster: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How one part ended."""

    name: str
    passed: bool
    seconds: float


def parts(root: Path) -> list[Part]:
    """Return the parts that have tests, in the order in which they run."""
    wanted = [Part(name, needs_cluster=False) for name in _WITHOUT_CLUSTER]
    wanted += [Part(name, needs_cluster=True) for name in _WITH_CLUSTER]
    return [part for part in wanted if any((root / "tests" / part.name).rglob("test_*.py"))]


def run(*, long: bool) -> bool:
    """Run everything and return whether all of it passed; take down what was not up before."""
    results: list[Result] = []
    was_up = cluster.is_up()
    try:
        _timed(results, "builds", _build)
        _run_parts(results, long=long)
    finally:
        if not was_up and cluster.is_up():
            cluster.down()
        elif was_up:
            print("the cluster was up before, so it stays up; it began the tests empty")
        console.Console().print(summary(results))
    return all(result.passed for result in results)


def summary(results: list[Result]) -> table.Table:
    """Return the table of minutes per part."""
    rows = table.Table(title="tests", title_justify="left")
    for column in ("part", "result", "minutes"):
        rows.add_column(column, justify="right" if column == "minutes" else "left")
    for result in results:
        verdict = "passed" if result.passed else "FAILED"
        rows.add_row(result.name, verdict, f"{result.seconds / 60:.1f}")
    total = sum(result.seconds for result in results)
    rows.add_row("total", "", f"{total / 60:.1f}", style="bold")
    return rows


def _run_parts(results: list[Result], *, long: bool) -> None:
    is_started = False
    for part in parts(paths.REPOSITORY):
        if part.needs_cluster and not is_started:
            _timed(results, "cluster", _start_cluster)
            is_started = True
        _timed(results, part.name, functools.partial(_pytest, part, long=long))


def _build() -> None:
    cluster.build()
    everything.ensure()
    kueue.ensure()
    kuberay.ensure()


def _start_cluster() -> None:
    """Start with an empty cluster: an operator of an earlier run would act on the tests' objects.

    A cluster that died keeps its objects, so one that does not run is emptied too.
    """
    if cluster.is_up():
        print("the cluster is up; its objects go, for tests need an empty one", flush=True)
    cluster.down()
    cluster.up()


def _pytest(part: Part, *, long: bool) -> None:
    spread = ["-n", str(os.cpu_count()), "--dist", "loadfile"] if part.name == "unit" else []
    argv = [sys.executable, "-m", "pytest", *spread, f"tests/{part.name}"]
    environment = {**os.environ, "TIDEWHEEL_TEST_LONG": "1"} if long else None
    done = subprocess.run(argv, cwd=paths.REPOSITORY, env=environment, check=False)
    if done.returncode != 0:
        raise errors.DevError(f"tests/{part.name} ended with {done.returncode}")


def _timed(results: list[Result], name: str, work: Callable[[], object]) -> None:
    """Do the work and note how it went; a failed part does not keep the next from running."""
    print(f"\n=== {name}", flush=True)
    started = time.monotonic()
    passed = False
    try:
        work()
        passed = True
    except errors.DevError as err:
        print(f"error: {err}", flush=True)
    finally:
        results.append(Result(name, passed, time.monotonic() - started))
