"""On a real server: a version serves once it is approved, and traffic goes back when it is not."""

import time
from datetime import datetime, timedelta

import pytest
from tests.builders import (
    make_approval,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_snapshot,
    make_store,
    make_version,
)
from tests.integration.lab import Lab, conditions
from tests.integration.loops import answered, collected, serves, trained
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts import labels

APPROVED_ONLY = {"version": {"policy": "LatestApproved"}}
REVOKED = {"spec": {"revocation": {"reason": "leak", "revoker": "joe"}}}
# Nobody has to wait for a resync, a poll or a retry to see a decision at work.
AT_ONCE_SECONDS = 3


@pytest.fixture
def waiting(lab: Lab, operator: OperatorProcess) -> Lab:
    """Return a lab with two versions and a deployment that waits for a decision."""
    assert operator.child is not None
    lab.create(make_store(), make_version(1), make_version(2), make_deployment(**APPROVED_ONLY))
    lab.wait_ready("modeldeployment", "flight-delay", "WaitingForApproval")
    return lab


def approve(lab: Lab, number: int) -> None:
    """Approve a version."""
    lab.create(make_approval(f"of-{number}", number))


def champion(lab: Lab) -> int | None:
    status = lab.the("modeldeployment", "flight-delay")["status"]
    number: int | None = status.get("champion", {}).get("number")
    return number


def reasons(lab: Lab) -> dict[str, str]:
    found = conditions(lab.the("modeldeployment", "flight-delay"))
    return {kind: item["reason"] for kind, item in found.items()}


def wait_beyond(lab: Lab, moment: str) -> None:
    """Wait until objects get a later time of creation: the API server counts whole seconds."""
    last = datetime.fromisoformat(moment) + timedelta(seconds=1)
    lab.wait_for("the next second", lambda: None if lab.now() >= last else str(lab.now()))


def wait_served(lab: Lab, number: int) -> None:
    """Let the pods of a version answer, and wait until it serves."""
    name = f"flight-delay-v{number}"
    lab.wait_for(name, lambda: None if lab.get("deployment", name) else "it is not there")
    lab.serve(name)
    lab.wait_for(
        f"version {number} to serve",
        lambda: None if champion(lab) == number else f"{champion(lab)} serves",
    )


def test_nothing_is_made_before_a_version_is_approved_and_the_words_say_how(waiting: Lab) -> None:
    ready = conditions(waiting.the("modeldeployment", "flight-delay"))["Ready"]

    assert "the newest is 'flight-delay-v2'" in ready["message"]
    assert "`kubectl create -f` a ModelApproval" in ready["message"]
    assert waiting.list("deployments") == []


def test_approval_begins_the_rollout_of_its_version_at_once(waiting: Lab) -> None:
    began = time.monotonic()
    approve(waiting, 1)
    waiting.wait_for(
        "the Deployment of version 1",
        lambda: None if waiting.get("deployment", "flight-delay-v1") else "it is not there",
    )
    assert time.monotonic() - began < AT_ONCE_SECONDS

    wait_served(waiting, 1)

    selector = waiting.the("service", "flight-delay")["spec"]["selector"]
    assert selector == {labels.DEPLOYMENT: "flight-delay", labels.VERSION: "1"}
    assert waiting.get("deployment", "flight-delay-v2") is None
    assert reasons(waiting) == {"Ready": "Serving", "ApprovalPending": "WaitingForApproval"}
    row = waiting.run("get", "mappr", "of-1", "--no-headers").split()[:6]
    assert row == ["of-1", "flight-delay-v1", "Approved", "jane", "True", "Valid"]
    version = waiting.the("modelversion", "flight-delay-v1")
    assert conditions(version)["Approved"]["status"] == "True"


def test_revocation_of_what_serves_goes_back_to_the_approved_version_before_it(
    waiting: Lab,
) -> None:
    approve(waiting, 1)
    wait_served(waiting, 1)
    approve(waiting, 2)
    wait_served(waiting, 2)

    waiting.patch("mappr", "of-2", REVOKED)
    waiting.wait_for(
        "version 1 to serve again",
        lambda: None if champion(waiting) == 1 else str(champion(waiting)),
    )

    waiting.wait_ready("modelapproval", "of-2", "Revoked")
    assert reasons(waiting) == {"Ready": "Serving"}
    events = {(event["type"], event["reason"]) for event in waiting.list("events")}
    assert ("Normal", "ApprovalRevoked") in events


def test_revocation_of_the_only_approval_takes_nothing_down(waiting: Lab) -> None:
    approve(waiting, 2)
    wait_served(waiting, 2)

    waiting.patch("mappr", "of-2", REVOKED)
    waiting.wait_for("the words", lambda: None if "Unapproved" in reasons(waiting) else "none")

    assert reasons(waiting) == {
        "Ready": "Serving",
        "Stalled": "ApprovalRevoked",
        "Unapproved": "ApprovalRevoked",
    }
    assert champion(waiting) == 2
    assert waiting.get("service", "flight-delay") is not None


def test_deleted_approval_is_an_approval_no_more(waiting: Lab) -> None:
    for number in (1, 2):
        approve(waiting, number)
    wait_served(waiting, 2)

    waiting.run("delete", "mappr", "of-2")

    wait_served(waiting, 1)


def test_version_that_is_made_anew_needs_another_approval(waiting: Lab) -> None:
    approve(waiting, 1)
    waiting.wait_ready("modelapproval", "of-1", "Valid")
    waiting.run("delete", "modelversion", "flight-delay-v1")
    waiting.wait_ready("modelapproval", "of-1", "VersionMissing")

    another = make_version(1, run={"name": "by-hand", "uid": "another run"})
    waiting.create(another)

    told = waiting.wait_ready("modelapproval", "of-1", "Superseded")
    assert told["status"]["version"]["runUid"] == "uid-trainingrun-by-hand"
    waiting.wait_ready("modeldeployment", "flight-delay", "WaitingForApproval")


def test_version_cannot_be_approved_before_it_is_there(waiting: Lab) -> None:
    approve(waiting, 3)
    early = waiting.wait_ready("modelapproval", "of-3", "VersionMissing")
    wait_beyond(waiting, early["metadata"]["creationTimestamp"])

    waiting.create(make_version(3))

    waiting.wait_ready("modelapproval", "of-3", "Superseded")
    waiting.create(make_approval("again", 3))
    wait_served(waiting, 3)


def test_pipeline_passes_the_policy_on_and_says_what_it_waits_for(
    lab: Lab, operator: OperatorProcess
) -> None:
    lab.create(make_store(), make_dataset(), make_pipeline(deployment=APPROVED_ONLY))
    lab.end_job(lab.wait_job("flights-"), collected(make_snapshot()))
    job = lab.wait_job("flight-delay-")
    lab.end_job(job, trained(job))
    lab.end_job(lab.wait_job("flight-delay-"), answered())

    def missing() -> str | None:
        said: str = conditions(lab.get("modelpipeline", "flight-delay"))["Ready"]["message"]
        return None if "WaitingForApproval, no version of model" in said else said

    lab.wait_for("the pipeline to say what it waits for", missing)

    approve(lab, 1)
    wait_served(lab, 1)

    lab.wait_for("the pipeline to turn", lambda: serves(lab, 1))
    assert "Traceback" not in operator.log()
