"""Nobody moves an alias in the name of another: the chart's policy on a real API server."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from tests.builders import Object, make_alias
from tests.integration.chart_policy import JANE, JOE, created, policy_in_force
from tests.integration.lab import Lab, Run
from tests.integration.local_server import LocalServer

from tidewheel_dev import paths

ROLES = ("view", "edit")
TEMPLATES = ("aliases/policy", "aliases/binding")
EXAMPLES = paths.REPOSITORY / "examples" / "registry"
REFUSED = (
    "denied request: `spec.changedBy` must be your own user name, 'joe@example.com', but it is "
    "'jane@example.com': nobody moves an alias in the name of another"
)


@pytest.fixture(scope="module")
def policy(local_server: LocalServer, kubectl: Run, crds: None) -> Iterator[None]:
    """Install the policy and the roles of editors, and give the roles to two people."""
    refused = make_alias(changed_by="nobody", metadata={"namespace": "default"})
    words = "moves an alias in the name of another"
    with policy_in_force(local_server, kubectl, TEMPLATES, ROLES, refused, words):
        yield


@pytest.fixture
def create(policy: None, lab: Lab) -> Callable[..., str]:
    """Return a function that creates an alias as somebody, and returns what is against it."""

    def run(caller: str, **spec: Any) -> str:
        return created(lab, caller, make_alias(**spec))

    return run


def change(lab: Lab, caller: str, patch: Object) -> str:
    """Change an alias as somebody; return what is against it."""
    arguments = ("patch", "malias", "flight-delay-prod", "--type=merge", "-p", json.dumps(patch))
    return lab.kubectl("-n", lab.namespace, f"--as={caller}", *arguments).stderr.strip()


def test_nobody_creates_an_alias_in_the_name_of_another(
    create: Callable[..., str], lab: Lab
) -> None:
    assert create(JOE, changed_by=JANE).endswith(REFUSED)
    assert lab.list("modelaliases") == []


def test_whoever_moves_an_alias_signs_the_move(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, changed_by=JANE) == ""

    refused = change(lab, JOE, {"spec": {"number": 2}})
    moved = change(lab, JOE, {"spec": {"number": 2, "changedBy": JOE, "reason": "better"}})

    assert refused.endswith(REFUSED)
    assert moved == ""
    assert lab.the("malias", "flight-delay-prod")["spec"]["changedBy"] == JOE


def test_nobody_changes_the_words_of_another(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, changed_by=JANE) == ""

    assert change(lab, JOE, {"spec": {"reason": "bad"}}).endswith(REFUSED)


def test_labels_may_be_changed_by_others(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, changed_by=JANE) == ""

    assert change(lab, JOE, {"metadata": {"labels": {"ticket": "42"}}}) == ""


def test_alias_keeps_its_model_and_name(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, changed_by=JANE) == ""

    answer = change(lab, JANE, {"spec": {"alias": "test"}})

    assert "`metadata.name` must be '<modelName>-<alias>'" in answer


def test_example_is_applied_by_the_person_that_it_names(policy: None, lab: Lab) -> None:
    as_jane = ("-n", lab.namespace, f"--as={JANE}")

    lab.kubectl(*as_jane, "create", "-f", str(EXAMPLES / "alias.yaml"), check=True)

    written = yaml.safe_load((EXAMPLES / "alias.yaml").read_text())["spec"]
    assert lab.the("malias", "flight-delay-prod")["spec"] == written


def test_who_may_move_an_alias_may_not_delete_its_history(
    create: Callable[..., str], lab: Lab
) -> None:
    assert create(JANE, changed_by=JANE) == ""

    done = lab.kubectl("-n", lab.namespace, f"--as={JANE}", "delete", "malias", "flight-delay-prod")

    assert "cannot delete resource" in done.stderr
