"""On a real server: a deployment serves what an alias points at, and follows it when it moves."""

import pytest
from tests.builders import make_alias, make_deployment, make_store, make_version
from tests.integration.lab import Lab, conditions
from tests.integration.operator_process import OperatorProcess

FOLLOWING = {"version": {"policy": "Alias", "alias": "prod"}}
NAME = "flight-delay-prod"
BACK = {"spec": {"number": 1, "changedBy": "joe", "reason": "2 is slow"}}


@pytest.fixture
def waiting(lab: Lab, operator: OperatorProcess) -> Lab:
    """Return a lab with two versions and a deployment whose alias is missing."""
    assert operator.child is not None
    lab.create(make_store(), make_version(1), make_version(2), make_deployment(**FOLLOWING))
    lab.wait_ready("modeldeployment", "flight-delay", "AliasMissing")
    return lab


def champion(lab: Lab) -> int | None:
    status = lab.the("modeldeployment", "flight-delay")["status"]
    number: int | None = status.get("champion", {}).get("number")
    return number


def wait_served(lab: Lab, number: int) -> None:
    """Let the pods of a version answer, and wait until it serves."""
    name = f"flight-delay-v{number}"
    lab.wait_for(name, lambda: None if lab.get("deployment", name) else "it is not there")
    lab.serve(name)
    lab.wait_for(
        f"version {number} to serve",
        lambda: None if champion(lab) == number else f"{champion(lab)} serves",
    )


def test_deployment_waits_in_words_for_a_missing_alias(waiting: Lab) -> None:
    ready = conditions(waiting.the("modeldeployment", "flight-delay"))["Ready"]

    assert ready["message"] == f"there is no ModelAlias '{NAME}'; create it"
    assert waiting.list("deployments") == []


def test_traffic_follows_the_alias_forth_and_back_and_the_history_is_kept(waiting: Lab) -> None:
    waiting.create(make_alias("prod", 2))
    wait_served(waiting, 2)
    assert waiting.get("deployment", "flight-delay-v1") is None

    waiting.patch("malias", NAME, BACK)
    wait_served(waiting, 1)

    alias = waiting.wait_ready("modelalias", NAME, "Pointing")
    moves = [
        (one["changedBy"], one.get("fromNumber"), one["toNumber"], one["reason"])
        for one in alias["status"]["history"]
    ]
    assert moves == [("joe", 2, 1, "2 is slow"), ("jane", None, 2, "good")]
    row = waiting.run("get", "malias", NAME, "--no-headers").split()[:7]
    assert row == [NAME, "flight-delay", "prod", "1", "joe", "True", "Pointing"]


def test_alias_of_a_version_that_is_missing_is_told_and_mends_when_it_comes(waiting: Lab) -> None:
    waiting.create(make_alias("prod", 3))

    waiting.wait_ready("modelalias", NAME, "VersionMissing")
    told = waiting.wait_ready("modeldeployment", "flight-delay", "VersionNotFound")
    assert f"ModelAlias '{NAME}' points at version 3" in conditions(told)["Ready"]["message"]

    waiting.create(make_version(3))
    waiting.wait_ready("modelalias", NAME, "Pointing")
    wait_served(waiting, 3)


def test_deleted_alias_takes_nothing_down(waiting: Lab) -> None:
    waiting.create(make_alias("prod", 1))
    wait_served(waiting, 1)

    waiting.run("delete", "malias", NAME)

    waiting.wait_for(
        "the words",
        lambda: (
            None
            if "Stalled" in conditions(waiting.the("modeldeployment", "flight-delay"))
            else "it is not stalled"
        ),
    )
    found = conditions(waiting.the("modeldeployment", "flight-delay"))
    assert {kind: item["reason"] for kind, item in found.items()} == {
        "Ready": "Serving",
        "Stalled": "AliasMissing",
    }
    assert champion(waiting) == 1
