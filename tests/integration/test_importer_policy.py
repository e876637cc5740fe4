"""Nobody imports a model in the name of another: the chart's policy on a real API server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from tests.builders import IMPORTED, make_run
from tests.integration.chart_policy import JANE, JOE, created, policy_in_force
from tests.integration.lab import Lab, Run
from tests.integration.local_server import LocalServer

from tidewheel_dev import paths

ROLES = ("view", "edit")
TEMPLATES = ("imports/policy", "imports/binding")
EXAMPLE = paths.REPOSITORY / "examples" / "registry" / "import.yaml"


@pytest.fixture(scope="module")
def policy(local_server: LocalServer, kubectl: Run, crds: None) -> Iterator[None]:
    """Install the policy and the roles of editors, and give the roles to two people."""
    refused = make_run(imported=IMPORTED, metadata={"namespace": "default"})
    words = "nobody imports in the name of another"
    with policy_in_force(local_server, kubectl, TEMPLATES, ROLES, refused, words):
        yield


@pytest.fixture
def create(policy: None, lab: Lab) -> Callable[..., str]:
    """Return a function that creates a run as somebody, and returns what is against it."""

    def run(caller: str, **spec: Any) -> str:
        return created(lab, caller, make_run(**spec))

    return run


def for_(requester: str) -> dict[str, str]:
    """Return the declaration of a file that somebody asks to import."""
    return IMPORTED | {"requester": requester}


def test_requester_is_whoever_creates_the_run(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, imported=for_(JANE)) == ""

    assert lab.the("trainingrun", "by-hand")["spec"]["imported"]["requester"] == JANE


def test_nobody_imports_in_the_name_of_another(create: Callable[..., str], lab: Lab) -> None:
    assert create(JOE, imported=for_(JANE)).endswith(
        "denied request: `spec.imported.requester` must be your own user name, 'joe@example.com', "
        "but it is 'jane@example.com': nobody imports in the name of another"
    )
    assert lab.list("trainingruns") == []


def test_run_that_imports_nothing_is_signed_by_nobody(create: Callable[..., str]) -> None:
    assert create(JOE) == ""


def test_others_may_suspend_an_import(create: Callable[..., str], lab: Lab) -> None:
    assert create(JANE, imported=for_(JANE)) == ""
    change = ("patch", "trainingrun", "by-hand", "--type=merge", "-p", '{"spec":{"suspend":true}}')

    assert lab.kubectl("-n", lab.namespace, f"--as={JOE}", *change).stderr == ""


def test_example_is_applied_by_the_person_that_it_names(policy: None, lab: Lab) -> None:
    lab.kubectl("-n", lab.namespace, f"--as={JANE}", "create", "-f", str(EXAMPLE), check=True)

    written = yaml.safe_load(EXAMPLE.read_text())["spec"]["imported"]
    found = lab.the("trainingrun", "flight-delay-of-the-team")["spec"]["imported"]
    assert found == written
