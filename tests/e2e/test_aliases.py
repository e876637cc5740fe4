"""An alias on real nodes: traffic follows it as people move it, and its history says who."""

import json

import pytest
from tests.e2e.lab import (
    Lab,
    Object,
    champion_of,
    condition,
    start_run,
    training,
    wait_champion,
)

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec, alias_object_name
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    VersionChoice,
    VersionPolicy,
)

NAME = alias_object_name("buyer", "prod")


@pytest.fixture
def two_versions(shop: Lab) -> Lab:
    """Return a lab with two versions of a model, none of which serves."""
    for name in ("first", "second"):
        start_run(shop, name, training())
        shop.wait_ready("trainingrun", name, ["Registered"])
    return shop


def test_traffic_follows_an_alias_and_its_history_names_who_moved_it(
    two_versions: Lab, me: str
) -> None:
    following = VersionChoice(policy=VersionPolicy.ALIAS, alias="prod")
    deployment = ModelDeploymentSpec(model_name="buyer", version=following)
    two_versions.create("ModelDeployment", "buyer", deployment)
    two_versions.wait_ready("modeldeployment", "buyer", ["AliasMissing"])

    two_versions.create("ModelAlias", NAME, _alias(2, me, "the newest"))
    wait_champion(two_versions, 2)

    refused = _moved(two_versions, 1, "somebody-else")
    assert f"`spec.changedBy` must be your own user name, '{me}'" in refused
    assert champion_of(two_versions) == 2

    assert _moved(two_versions, 1, me) == ""
    wait_champion(two_versions, 1)

    alias = two_versions.get("modelalias", NAME)
    assert alias is not None
    assert condition(alias, "Ready")["reason"] == "Pointing"
    assert alias["status"]["versionName"] == "buyer-v1"
    assert [_without_time(each) for each in alias["status"]["history"]] == [
        {
            "generation": 2,
            "changedBy": me,
            "fromNumber": 2,
            "toNumber": 1,
            "reason": "moved by a test",
        },
        {"generation": 1, "changedBy": me, "toNumber": 2, "reason": "the newest"},
    ]
    newest, oldest = (each["time"] for each in alias["status"]["history"])
    assert newest > oldest

    two_versions.wait_for("version 2 to have served", lambda: _never_served(two_versions))


def _alias(number: int, changed_by: str, reason: str) -> ModelAliasSpec:
    return ModelAliasSpec(
        model_name="buyer", alias="prod", number=number, changed_by=changed_by, reason=reason
    )


def _moved(lab: Lab, number: int, changed_by: str) -> str:
    """Move the alias as we are, signed as anybody; return what is against it."""
    change = {"number": number, "changedBy": changed_by, "reason": "moved by a test"}
    patch = json.dumps({"spec": change})
    done = lab.kubectl("-n", lab.namespace, "patch", "malias", NAME, "--type=merge", "-p", patch)
    return done.stderr


def _without_time(change: Object) -> Object:
    return {name: value for name, value in change.items() if name != "time"}


def _never_served(lab: Lab) -> str | None:
    """Return what the version that the alias left lacks of having served."""
    status = (lab.get("modelversion", "buyer-v2") or {}).get("status", {})
    served = [each["deploymentName"] for each in status.get("served", ())]
    return None if served == ["buyer"] else f"it served {served}"
