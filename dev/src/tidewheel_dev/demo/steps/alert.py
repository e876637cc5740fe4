"""Step d: too little new data opens nothing, an alert does, and none does twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.model_pipeline import Reason
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_dev.demo import alerts, facts, screen
from tidewheel_dev.demo.asking import Client, asking
from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.endpoint import open_endpoint
from tidewheel_dev.demo.expectation import expect
from tidewheel_dev.demo.state import Run
from tidewheel_dev.demo.steps import turn
from tidewheel_dev.demo.steps.delivery import deliver
from tidewheel_dev.demo.steps.new_data import question
from tidewheel_dev.demo.watch import current, wait_for

__all__ = ["AlertedRun", "run"]

_CONDITION_SECONDS = 60.0
_FIRST, _SECOND = "5ca1ab1e00000001", "5ca1ab1e00000002"


@dataclass(frozen=True, slots=True)
class AlertedRun:
    """The third snapshot, the run that the alert opened, and what the client met meanwhile."""

    snapshot: str
    run: Run
    client: Client


def run(demo: Demo) -> AlertedRun:
    """Deliver April, then let one alert open one run."""
    screen.heading("d  April is too little by itself; an alert asks for a run")
    snapshot = _april_opens_nothing(demo)
    endpoint = open_endpoint(demo)
    moment = dt.datetime.now(dt.UTC)
    alert = alerts.payload(starts_at=moment.isoformat(), fingerprint=_FIRST)
    with asking(endpoint, question(demo, endpoint)) as client:
        opened = _post(demo, alert, "an alert", "Opened")
        _expect_same_run(_post(demo, alert, "the same alert at once", "Duplicate"), opened)
        ended = turn.ended_run(demo, Cause.ALERT, snapshot, number=3)
        expect(ended.name == opened.run, f"the alert's run is '{opened.run}'", ended.name)
        turn.switched(demo, client, number=3)
    turn.show_spans(client)
    turn.expect_no_failures(client)
    _expect_same_run(_post(demo, alert, "the same alert after its run", "Duplicate"), opened)
    _nothing_new(demo, moment)
    return AlertedRun(snapshot, ended, client)


def _april_opens_nothing(demo: Demo) -> str:
    before = len(current(demo).runs)
    deliver(demo, 4)
    snapshot = turn.snapshot_through(demo, last_month=4)
    state = wait_for(
        demo,
        "the pipeline to judge April",
        lambda state: facts.triggered_says(state, Reason.BELOW_GROWTH),
        timeout_seconds=_CONDITION_SECONDS,
    )
    expect(len(state.runs) == before, f"April opens no run beside the {before}", len(state.runs))
    return snapshot


def _nothing_new(demo: Demo, moment: dt.datetime) -> None:
    later = moment + dt.timedelta(hours=1)
    alert = alerts.payload(starts_at=later.isoformat(), fingerprint=_SECOND)
    before = len(current(demo).runs)
    _post(demo, alert, "a new alert with nothing new to learn", Reason.NOTHING_NEW)
    state = wait_for(
        demo,
        "the pipeline to say NothingNewToLearn",
        lambda state: facts.triggered_says(state, Reason.NOTHING_NEW),
        timeout_seconds=_CONDITION_SECONDS,
    )
    expect(len(state.runs) == before, "the new alert opens no run", len(state.runs))


def _post(demo: Demo, alert: dict[str, object], what: str, wanted: str) -> alerts.Outcome:
    outcome = alerts.post(demo, alert)
    run_name = f", run '{outcome.run}'" if outcome.run else ""
    screen.say(f"{what}: {outcome.outcome}, {outcome.message}{run_name}")
    expect(outcome.outcome == wanted, f"{what} is answered {wanted}", outcome)
    return outcome


def _expect_same_run(again: alerts.Outcome, opened: alerts.Outcome) -> None:
    expect(again.run == opened.run, f"the answer names run '{opened.run}'", again.run)
