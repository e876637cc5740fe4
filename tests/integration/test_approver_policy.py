"""Nobody decides in the name of another: the chart's policy on a real API server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.builders import Object, make_approval
from tests.integration.chart_policy import JANE, JOE, created, policy_in_force
from tests.integration.lab import Lab, Run
from tests.integration.local_server import LocalServer

from tidewheel_dev import paths

TEMPLATES = ("approvals/policy", "approvals/binding")
EXAMPLES = paths.REPOSITORY / "examples" / "approval"


@pytest.fixture(scope="module")
def policy(local_server: LocalServer, kubectl: Run, crds: None) -> Iterator[None]:
    """Install the policy and the role of approvers, and give the role to two people."""
    refused = make_approval(approver="nobody", metadata={"namespace": "default"})
    words = "nobody decides in the name of another"
    with policy_in_force(local_server, kubectl, TEMPLATES, ("approve",), refused, words):
        yield


@pytest.fixture
def create(policy: None, lab: Lab) -> Callable[..., str]:
    """Return a function that creates an approval as somebody, and returns what is against it."""

    def run(caller: str, **spec: Any) -> str:
        return created(lab, caller, make_approval(**spec))

    return run


def revoke(lab: Lab, caller: str, change: Object) -> str:
    """Change an approval as somebody; return what is against it."""
    patch = ("patch", "mappr", "approval", "--type=merge", "-p", json.dumps(change))
    done = lab.kubectl("-n", lab.namespace, f"--as={caller}", *patch)
    return done.stderr.strip()


def taken_back(revoker: str) -> Object:
    return {"spec": {"revocation": {"reason": "leak", "revoker": revoker}}}


def test_approver_is_whoever_creates_the_approval(create: Callable[..., str]) -> None:
    assert create(JANE, approver=JANE) == ""


def test_nobody_approves_in_the_name_of_another(create: Callable[..., str], lab: Lab) -> None:
    answer = create(JOE, approver=JANE)

    assert answer.endswith(
        "denied request: `spec.approver` must be your own user name, 'joe@example.com', but it is "
        "'jane@example.com': nobody decides in the name of another"
    )
    assert lab.list("modelapprovals") == []


def test_anybody_who_may_approve_may_revoke_in_their_own_name(
    create: Callable[..., str], lab: Lab
) -> None:
    assert create(JANE, approver=JANE) == ""

    refused = revoke(lab, JOE, taken_back(JANE))
    taken = revoke(lab, JOE, taken_back(JOE))

    assert refused.endswith(
        "denied request: `spec.revocation.revoker` must be your own user name, 'joe@example.com', "
        "but it is 'jane@example.com': nobody decides in the name of another"
    )
    assert taken == ""
    assert lab.the("mappr", "approval")["spec"]["revocation"]["revoker"] == JOE


def test_revoker_of_an_approval_that_comes_revoked_is_asked_too(
    create: Callable[..., str],
) -> None:
    refused = create(JANE, approver=JANE, revocation={"reason": "leak", "revoker": JOE})

    assert "`spec.revocation.revoker` must be your own user name" in refused


def test_labels_may_be_changed_by_others(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, approver=JANE, revocation={"reason": "leak", "revoker": JANE}) == ""

    assert revoke(lab, JOE, {"metadata": {"labels": {"ticket": "42"}}}) == ""


def test_examples_are_applied_by_the_person_that_they_name(policy: None, lab: Lab) -> None:
    as_jane = ("-n", lab.namespace, f"--as={JANE}")
    lab.kubectl(*as_jane, "create", "-f", str(EXAMPLES / "approval.yaml"), check=True)
    file = ("--type=merge", f"--patch-file={EXAMPLES / 'revocation.yaml'}")
    lab.kubectl(*as_jane, "patch", "mappr", "flight-delay-v1-jane", *file, check=True)

    spec = lab.the("mappr", "flight-delay-v1-jane")["spec"]
    written = yaml.safe_load(Path(EXAMPLES / "revocation.yaml").read_text())["spec"]
    assert spec["revocation"] == written["revocation"]


def test_who_may_approve_may_not_delete(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, approver=JANE) == ""

    done = lab.kubectl("-n", lab.namespace, f"--as={JANE}", "delete", "mappr", "approval")

    assert "cannot delete resource" in done.stderr
