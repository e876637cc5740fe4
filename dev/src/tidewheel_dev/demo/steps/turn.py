"""One turn of the loop as its steps share it: snapshot, run with a verdict, version that serves."""

from __future__ import annotations

from rich import table

from tidewheel_contracts.api.v1alpha1.gate_result import LOAD_AND_QUERY
from tidewheel_contracts.api.v1alpha1.model_version import version_name
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_dev.demo import facts, flights, screen
from tidewheel_dev.demo.asking import Client, spans
from tidewheel_dev.demo.context import DATASET_NAME, MODEL, Demo
from tidewheel_dev.demo.expectation import expect
from tidewheel_dev.demo.state import Run, State
from tidewheel_dev.demo.watch import wait_for

__all__ = [
    "ended_run",
    "expect_no_failures",
    "served",
    "show_spans",
    "snapshot_through",
    "switched",
]

_SNAPSHOT_SECONDS = 180.0
_RUN_SECONDS = 420.0
_SERVING_SECONDS = 240.0


def snapshot_through(demo: Demo, last_month: int) -> str:
    """Return the digest of the snapshot that holds all months up to this one."""
    months = range(1, last_month + 1)
    rows = sum(len(flights.of_month(demo.flights, month)) for month in months)
    state = wait_for(
        demo,
        f"a snapshot with all {rows:,} flights",
        lambda state: facts.snapshot_has_rows(state, rows),
        timeout_seconds=_SNAPSHOT_SECONDS,
    )
    dataset = state.dataset(DATASET_NAME)
    assert dataset is not None  # noqa: S101 - or the wait had not ended
    assert dataset.status.snapshot is not None  # noqa: S101
    screen.say(f"snapshot {dataset.status.snapshot.digest}")
    return dataset.status.snapshot.digest


def ended_run(demo: Demo, cause: Cause, snapshot: str, number: int) -> Run:
    """Return the run of this cause once it registered this number from this snapshot."""
    state = wait_for(
        demo,
        f"a run with cause {cause} and its verdict",
        lambda state: facts.run_has_ended(state, cause),
        timeout_seconds=_RUN_SECONDS,
    )
    run = facts.run_with_cause(state, cause)
    assert run is not None  # noqa: S101 - or the wait had not ended
    status = run.status
    digest = status.snapshot.digest if status.snapshot else None
    expect(digest == snapshot, f"run '{run.name}' learns snapshot {snapshot}", digest)
    name = version_name(MODEL, number)
    expect(status.version_name == name, f"it registers '{name}'", status.version_name)
    if status.search is not None and status.result is not None:
        screen.say(
            f"the search: {status.search.finished} of {status.search.trials} trials in "
            f"{status.search.pods} pods; the best is {status.result.candidate!r} with "
            f"{status.search.best_score} on validation rows"
        )
    if status.result is not None:
        screen.say(f"the gate: {status.result.verdict}, {status.result.message}")
        for test in status.result.gate:
            if test.name == LOAD_AND_QUERY:
                screen.say(f"the serving image: {test.result}, {test.message}")
    return run


def served(demo: Demo, number: int) -> None:
    """Return once this version is the champion."""
    wait_for(
        demo,
        f"version {number} to serve",
        lambda state: facts.version_serves(state, number),
        timeout_seconds=_SERVING_SECONDS,
    )


def switched(demo: Demo, client: Client, number: int) -> None:
    """Return once this version is the champion and answers every kind of client."""

    def missing(state: State) -> str | None:
        reason = facts.version_serves(state, number)
        if reason is not None:
            return reason
        behind = {mode for mode, version in client.versions_now().items() if version != number}
        return (
            f"another version still answers over: {', '.join(sorted(behind))}" if behind else None
        )

    wait_for(
        demo,
        f"version {number} to answer every client",
        missing,
        timeout_seconds=_SERVING_SECONDS,
    )


def show_spans(client: Client) -> None:
    """Print which version answered when, and how many requests failed."""
    shown = table.Table(title="who answered when", title_justify="left")
    for column in ("client", "version", "answers", "from", "to"):
        shown.add_column(column, justify="left" if column == "client" else "right")
    for span in spans(client.asked):
        moments = [f"{span.first_seconds:.1f} s", f"{span.last_seconds:.1f} s"]
        shown.add_row(span.mode, str(span.version), str(span.count), *moments)
    screen.show(shown)
    screen.say(f"{client.sent} requests, {len(client.failures)} failed")


def expect_no_failures(client: Client) -> None:
    """Stop the demo when a request was lost."""
    found = [f"{each.mode} after {each.seconds:.1f} s: {each.failure}" for each in client.failures]
    expect(not found, "no request fails while versions change", f"{len(found)}: {found[:5]}")
