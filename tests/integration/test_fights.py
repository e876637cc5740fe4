"""On a real server: two managers that both force, and children whose owner is taken away."""

import json
import time

import pytest
from tests.builders import make_deployment, make_store, make_version
from tests.integration.lab import Lab, conditions
from tests.integration.operator_process import OperatorProcess

NAME = "flight-delay-v1"
SECONDS = 25


@pytest.fixture
def serving(lab: Lab, operator: OperatorProcess) -> Lab:
    """Return a lab whose ModelDeployment has all its children."""
    assert operator.child is not None
    lab.create(make_store(), make_version(), make_deployment())
    lab.wait_for(NAME, lambda: None if lab.get("deployment", NAME) else "it is not there yet")
    lab.serve(NAME)
    lab.wait_ready("modeldeployment", "flight-delay", "Serving")
    return lab


def test_two_managers_that_force_write_a_bounded_number_of_times(
    serving: Lab, operator: OperatorProcess
) -> None:
    theirs = json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": NAME, "labels": {"team": "theirs"}},
            "spec": {"replicas": 7, "revisionHistoryLimit": 3},
        }
    )
    force = ("apply", "--server-side", "--field-manager=theirs", "--force-conflicts", "-f", "-")
    before = applied(operator)

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        serving.run(*force, stdin=theirs)

    # We wait 0, 2, 4, 8 and 16 seconds.
    assert 3 <= applied(operator) - before <= 6
    found = serving.the("deployment", NAME)
    assert found["metadata"]["labels"]["team"] == "theirs"
    described = serving.run("describe", "modeldeployment", "flight-delay")
    assert "ChildContested" in described
    assert f"Deployment '{NAME}' is changed or deleted by somebody else" in described
    serving.wait_for(
        "peace",
        lambda: None if serving.the("deployment", NAME)["spec"]["replicas"] == 1 else "7 replicas",
    )
    after = serving.the("deployment", NAME)
    assert (after["spec"]["revisionHistoryLimit"], after["metadata"]["labels"]["team"]) == (
        3,
        "theirs",
    )


def applied(operator: OperatorProcess) -> float:
    """Return how often the operator has applied a Deployment."""
    writes = operator.metrics("tidewheel_writes_total")
    return writes.get('{action="apply",kind="Deployment"}', 0.0)


def test_child_without_its_owner_reference_is_told_and_left_alone(serving: Lab) -> None:
    serving.patch("deployment", NAME, {"metadata": {"ownerReferences": None}})

    item = serving.wait_ready("modeldeployment", "flight-delay", "NameConflict")

    assert conditions(item)["Stalled"]["message"] == (
        f"Deployment '{NAME}' has lost its ownerReference to ModelDeployment 'flight-delay'; put "
        "it back, or remove the object and it is made again"
    )
    assert "ownerReferences" not in serving.the("deployment", NAME)["metadata"]
