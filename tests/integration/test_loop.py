"""The loop turns on a real API server; Jobs and Deployments become what the tests say."""

import time

import pytest
from tests.builders import make_dataset, make_pipeline, make_snapshot, make_store
from tests.integration.lab import Lab, conditions
from tests.integration.loops import deliver, serves, start_loop, train_and_serve
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts import labels
from tidewheel_contracts.job import Failure, FailureReason

# Nothing may come within this time that the events of a settled loop do not cause at once.
QUIET_SECONDS = 3


def test_loop_turns_twice(lab: Lab, operator: OperatorProcess) -> None:
    start_loop(lab)
    deliver(lab, make_snapshot("snapshot two", 1400))
    train_and_serve(lab, 2)

    runs = {
        item["status"]["trigger"]["cause"]: item["status"]["versionName"]
        for item in lab.list("trainingruns")
    }
    assert runs == {"Initial": "flight-delay-v1", "NewData": "flight-delay-v2"}
    selector = lab.the("service", "flight-delay")["spec"]["selector"]
    assert selector == {labels.DEPLOYMENT: "flight-delay", labels.VERSION: "2"}
    assert "Traceback" not in operator.log()


def test_settled_loop_is_quiet_and_a_restart_writes_nothing(
    lab: Lab, operator: OperatorProcess
) -> None:
    start_loop(lab)
    # The next look at the source has begun by now; its Job stays open and nothing else moves.
    lab.wait_job("flights-")

    before = operator.writes()
    # That nothing is written, only time can show.
    time.sleep(QUIET_SECONDS)
    assert operator.writes() == before

    operator.kill()
    operator.start_ready()
    time.sleep(QUIET_SECONDS)
    assert operator.writes() == 0


def test_rollback_by_pinning_and_back(lab: Lab, operator: OperatorProcess) -> None:
    start_loop(lab)
    deliver(lab, make_snapshot("snapshot two", 1400))
    train_and_serve(lab, 2)

    pin = {"spec": {"deployment": {"version": {"policy": "Pinned", "number": 1}}}}
    lab.patch("modelpipeline", "flight-delay", pin)
    lab.wait_for("version 1 to serve again", lambda: serves(lab, 1))
    unpin = {"spec": {"deployment": {"version": {"policy": "Latest", "number": None}}}}
    lab.patch("modelpipeline", "flight-delay", unpin)

    lab.wait_for("version 2 to serve again", lambda: serves(lab, 2))
    assert operator.child is not None


def test_loop_that_begins_pinned_can_be_unpinned(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(
        make_pipeline(deployment={"version": {"policy": "Pinned", "number": 1}}),
    )
    lab.wait_ready("modeldeployment", "flight-delay", "VersionNotFound")

    unpin = {"spec": {"deployment": {"version": {"policy": "Latest", "number": None}}}}
    lab.patch("modelpipeline", "flight-delay", unpin)

    lab.wait_ready("modeldeployment", "flight-delay", "NoVersion", seconds=10)
    assert operator.child is not None


def test_failure_of_a_program_reaches_the_person(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(make_store(), make_dataset())
    job = lab.wait_job("flights-")
    lab.end_job(job, Failure(reason=FailureReason.SOURCE_EMPTY, message="no object below 'raw/'"))

    lab.wait_ready("dataset", "flights", "SourceEmpty")

    row = lab.run("get", "dset", "flights", "--no-headers", "-o", "wide").split("  ")
    cells = [cell.strip() for cell in row if cell.strip()]
    assert cells[:3] == ["flights", "False", "SourceEmpty"]
    assert "no object below 'raw/'" in cells
    events = lab.list("events")
    told = {(event["type"], event["reason"], event["message"]) for event in events}
    assert ("Warning", "SourceEmpty", "no object below 'raw/'") in told
    assert operator.child is not None


def test_image_that_cannot_be_had_reaches_the_person(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(make_store(), make_dataset())
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}

    lab.show_pod(lab.wait_job("flights-"), waiting)

    item = lab.wait_ready("dataset", "flights", "ImagePullFailed")
    assert conditions(item)["Stalled"]["message"] == (
        "image 'registry.test/trainer:1' cannot be had: not found"
    )
    assert operator.child is not None


@pytest.mark.parametrize("kind", ["Job", "Service"])
def test_child_that_a_person_deletes_is_made_again(
    kind: str, lab: Lab, operator: OperatorProcess
) -> None:
    start_loop(lab)
    name = {"Service": "flight-delay", "Job": lab.wait_job("flights-")["metadata"]["name"]}[kind]
    before = lab.the(kind, name)["metadata"]["uid"]

    lab.run("delete", kind, name, "--wait=false")

    def missing() -> str | None:
        item = lab.get(kind, name)
        return None if item and item["metadata"]["uid"] != before else "it is not back"

    lab.wait_for(f"another {kind}", missing)
    assert operator.child is not None
