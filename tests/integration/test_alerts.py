"""Alerts reach the process over HTTP and become runs on the server."""

import pytest
from tests.builders import Object, make_pipeline, make_snapshot
from tests.integration.conftest import TOKEN
from tests.integration.lab import Lab
from tests.integration.local_server import LocalServer
from tests.integration.loops import deliver, start_loop
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts import labels


def notification(fingerprint: str, pipeline: str = "flight-delay") -> Object:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="Slump"}',
        "truncatedAlerts": 0,
        "alerts": [
            {
                "status": "firing",
                "labels": {"pipeline": pipeline, "alertname": "Slump"},
                "annotations": {},
                "startsAt": "2026-11-21T12:00:00Z",
                "fingerprint": fingerprint,
            }
        ],
    }


def outcome(answer: tuple[int, Object]) -> tuple[int, str]:
    status, body = answer
    return status, body["results"][0]["outcome"]


@pytest.fixture
def loop(lab: Lab, operator: OperatorProcess) -> Lab:
    """Return a lab whose loop has learned 1000 of now 1100 rows."""
    start_loop(lab)
    deliver(lab, make_snapshot("snapshot two", 1100))

    def missing() -> str | None:
        status = lab.the("modelpipeline", "flight-delay")["status"]
        return None if status.get("growthPercent") == 10 else f"{status.get('growthPercent')} %"

    lab.wait_for("growth of 10 %", missing)
    return lab


def test_alert_opens_one_run_however_often_it_comes(loop: Lab, operator: OperatorProcess) -> None:
    first = operator.post_alert(notification("a"), TOKEN)
    again = operator.post_alert(notification("a"), TOKEN)
    job = loop.wait_job("flight-delay-")
    operator.kill()
    operator.start_ready()
    after_restart = operator.post_alert(notification("a"), TOKEN)

    assert [outcome(answer) for answer in (first, again, after_restart)] == [
        (200, "Opened"),
        (200, "Duplicate"),
        (200, "Duplicate"),
    ]
    causes = [item["metadata"]["labels"][labels.CAUSE] for item in loop.list("trainingruns")]
    assert sorted(causes) == ["Alert", "Initial"]
    assert job["metadata"]["labels"][labels.RUN] == first[1]["results"][0]["run"]


def test_queued_run_says_how_many_alerts_it_answers(loop: Lab, operator: OperatorProcess) -> None:
    loop.patch("modelpipeline", "flight-delay", {"spec": {"suspend": True}})
    outcomes = [outcome(operator.post_alert(notification(name), TOKEN)) for name in "abc"]

    assert outcomes == [(200, "Opened"), (200, "Coalesced"), (200, "Coalesced")]

    def missing() -> str | None:
        counts = [item["status"].get("coalescedAlerts", 0) for item in loop.list("trainingruns")]
        return None if sorted(counts) == [0, 2] else str(counts)

    loop.wait_for("two coalesced alerts", missing)


def test_strangers_are_refused(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(make_pipeline())

    assert operator.post_alert(notification("a"), "x" * 16) == (
        401,
        {"error": "a known bearer token is needed"},
    )
    assert outcome(operator.post_alert(notification("a", "another"), TOKEN)) == (200, "NotOurs")


def test_alert_is_asked_for_again_while_the_server_is_away(
    loop: Lab, operator: OperatorProcess, local_server: LocalServer
) -> None:
    local_server.stop_api_server()
    try:
        status, body = operator.post_alert(notification("a"), TOKEN)
    finally:
        local_server.start_api_server()

    assert (status, body["error"].partition(":")[0]) == (503, "the run could not be created yet")
    assert outcome(operator.post_alert(notification("a"), TOKEN)) == (200, "Opened")
    causes = [item["metadata"]["labels"][labels.CAUSE] for item in loop.list("trainingruns")]
    assert sorted(causes) == ["Alert", "Initial"]
