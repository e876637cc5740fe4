"""Step c: a month of new data, and the loop turns by itself while a client keeps asking."""

from __future__ import annotations

from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.run_result import Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_dev.demo import flights, screen
from tidewheel_dev.demo.asking import Client, asking
from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.endpoint import Endpoint, open_endpoint
from tidewheel_dev.demo.expectation import expect
from tidewheel_dev.demo.state import Run
from tidewheel_dev.demo.steps import turn
from tidewheel_dev.demo.steps.delivery import deliver

__all__ = ["NewData", "question", "run"]

_ASKED_ROWS = 5


@dataclass(frozen=True, slots=True)
class NewData:
    """The second snapshot, the run that it opened, and what the client met meanwhile."""

    snapshot: str
    run: Run
    client: Client


def run(demo: Demo) -> NewData:
    """Deliver March and wait until version 2 answers every client."""
    screen.heading("c  March arrives: new data, a run, a gate, a switch")
    endpoint = open_endpoint(demo)
    with asking(endpoint, question(demo, endpoint)) as client:
        deliver(demo, 3)
        snapshot = turn.snapshot_through(demo, last_month=3)
        opened = turn.ended_run(demo, Cause.NEW_DATA, snapshot, number=2)
        turn.switched(demo, client, number=2)
    turn.show_spans(client)
    verdict = opened.status.result.verdict if opened.status.result else None
    # Where the search finds the champion's recipe again, a tie passes and is marked.
    passed = (Verdict.PASSED, Verdict.UNTESTED)
    expect(verdict in passed, "the gate lets the candidate pass", verdict)
    turn.expect_no_failures(client)
    return NewData(snapshot, opened, client)


def question(demo: Demo, endpoint: Endpoint) -> bytes:
    """Return the request that the client repeats: a few flights of March."""
    march = flights.of_month(demo.flights, 3)
    return endpoint.body(flights.features(march.head(_ASKED_ROWS)))
