"""The whole loop on real flights, by the steps of the demo, with their numbers."""

import time

from tests.e2e.installation import LOOP_NAMESPACE

from tidewheel_dev.demo.context import Site
from tidewheel_dev.demo.place import open_demo
from tidewheel_dev.demo.record import VersionRecord
from tidewheel_dev.demo.story import tell


def test_loop_turns_by_itself_and_loses_no_request(site: Site, alert_token: str) -> None:
    demo = open_demo(site, LOOP_NAMESPACE, alert_token)

    record = tell(demo, time.monotonic())

    assert record.runs_by_cause == {"Alert": 1, "Initial": 1, "NewData": 1}
    assert record.requests_failed == 0
    assert record.requests_sent > 100
    assert 0.68 < record.auc_march < 0.75
    assert record.versions == (
        VersionRecord("flight-delay-v1", 1, "Initial"),
        VersionRecord("flight-delay-v2", 2, "NewData"),
        VersionRecord("flight-delay-v3", 3, "Alert"),
    )
    assert [run.cause for run in record.runs] == ["Initial", "NewData", "Alert"]
    # A search may find the champion's recipe again, and then there is nothing to test.
    assert record.runs[0].verdict == "Passed"
    assert {run.verdict for run in record.runs} <= {"Passed", "Untested"}
    assert len(set(record.snapshots)) == 3
