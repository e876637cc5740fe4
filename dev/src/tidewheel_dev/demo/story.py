"""All steps in order, and the record of what they found."""

from __future__ import annotations

import time

from tidewheel_dev.demo.context import Demo
from tidewheel_dev.demo.expectation import expect
from tidewheel_dev.demo.record import Record, record_of
from tidewheel_dev.demo.steps import alert, first_model, last_page, march_answers, new_data

__all__ = ["tell"]

_ONE_RUN_A_CAUSE = {"Alert": 1, "Initial": 1, "NewData": 1}


def tell(demo: Demo, started: float) -> Record:
    """Run the steps a to e.

    Args:
        demo: a fresh namespace.
        started: when the demo began, on the monotonic clock; builds may come before the steps.

    Raises:
        DevError: a step did not show what it should; the message says what was found instead.
    """
    first = first_model.run(demo)
    answers = march_answers.run(demo)
    grown = new_data.run(demo)
    alerted = alert.run(demo)
    state = last_page.run(demo)
    clients = (grown.client, alerted.client)
    record = record_of(
        state,
        seconds=time.monotonic() - started,
        requests_sent=sum(client.sent for client in clients),
        requests_failed=sum(len(client.failures) for client in clients),
        auc_march=answers.auc,
        snapshots=(first.snapshot, grown.snapshot, alerted.snapshot),
    )
    found = record.runs_by_cause
    expect(found == _ONE_RUN_A_CAUSE, "one run for each cause", found)
    expect(len(set(record.snapshots)) == 3, "three different snapshots", record.snapshots)
    return record
