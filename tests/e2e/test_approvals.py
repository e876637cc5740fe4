"""Versions that serve only after a person has approved them, and go when they are revoked."""

import json

import pytest
import yaml
from tests.e2e.lab import (
    Lab,
    champion_of,
    condition,
    dataset_spec,
    training,
    visits,
    wait_champion,
)

from tidewheel_contracts.api.v1alpha1.model_approval import (
    ApprovalDecision,
    ModelApprovalSpec,
    Revocation,
)
from tidewheel_contracts.api.v1alpha1.model_deployment import Serving, VersionChoice, VersionPolicy
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec


@pytest.fixture
def waiting(lab: Lab) -> Lab:
    """Return a lab whose first version waits for a decision."""
    lab.put("shop", "1.parquet", visits(0, 30))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop"))
    approved_only = VersionChoice(policy=VersionPolicy.LATEST_APPROVED)
    lab.create(
        "ModelPipeline",
        "buyer",
        ModelPipelineSpec(
            dataset_name="shop",
            training=training(),
            deployment=Serving(version=approved_only, rollback_window_seconds=600),
        ),
    )
    lab.wait_ready("modeldeployment", "buyer", ["WaitingForApproval"])
    return lab


def test_traffic_follows_approvals_and_revocations(waiting: Lab, me: str) -> None:
    assert waiting.list("deployment") == []
    refused = _try_to_approve(waiting, 1, "somebody-else")
    assert f"`spec.approver` must be your own user name, '{me}'" in refused

    assert _try_to_approve(waiting, 1, me) == ""
    waiting.wait_ready("modelpipeline", "buyer", ["Turning"])
    assert champion_of(waiting) == 1

    waiting.create("TrainingRun", "by-hand", _by_hand())
    waiting.wait_ready("trainingrun", "by-hand", ["Registered"])
    waiting.wait_for("version 2 to wait", lambda: _lacks(waiting, "ApprovalPending"))
    assert _try_to_approve(waiting, 2, me) == ""
    wait_champion(waiting, 2)

    _revoke(waiting, 2, me)
    wait_champion(waiting, 1)

    _revoke(waiting, 1, me)
    waiting.wait_for("the words", lambda: _lacks(waiting, "Unapproved"))
    deployment = waiting.get("modeldeployment", "buyer")
    assert condition(deployment, "Ready")["status"] == "True"
    assert champion_of(waiting) == 1


def _by_hand() -> TrainingRunSpec:
    return TrainingRunSpec(
        **training().model_dump(), dataset_name="shop", model_name="buyer", pipeline_name="buyer"
    )


def _try_to_approve(lab: Lab, number: int, approver: str) -> str:
    """Approve a version as we are, signed as anybody; return what is against it."""
    spec = ModelApprovalSpec(
        model_version_name=f"buyer-v{number}",
        decision=ApprovalDecision.APPROVED,
        reason="looked at it",
        approver=approver,
    )
    manifest = {
        "apiVersion": "tidewheel.dev/v1alpha1",
        "kind": "ModelApproval",
        "metadata": {"name": f"buyer-v{number}"},
        "spec": spec.to_wire(),
    }
    done = lab.kubectl("create", "-n", lab.namespace, "-f", "-", stdin=yaml.safe_dump(manifest))
    return done.stderr


def _revoke(lab: Lab, number: int, revoker: str) -> None:
    revocation = Revocation(reason="found a leak", revoker=revoker)
    patch = json.dumps({"spec": {"revocation": revocation.to_wire()}})
    lab.run("patch", "mappr", f"buyer-v{number}", "--type=merge", "-p", patch)


def _lacks(lab: Lab, kind: str) -> str | None:
    found = condition(lab.get("modeldeployment", "buyer"), kind)
    return None if found.get("status") == "True" else "no such condition"
