"""What may change after an object was created, and what must not."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]

VALID = Path(__file__).parent / "valid"
VALID_EXAMPLES = sorted(file.stem for file in VALID.glob("*.yaml"))
REVOCATION = {"reason": "leak", "revoker": "tidewheel-admin"}
RUN_MESSAGE = (
    'The TrainingRun "flight-delay-demand-2" is invalid: spec: Invalid value: `spec` must not '
    "change after creation, but for `suspend`; apply a new TrainingRun instead"
)
VERSION_MESSAGE = (
    'The ModelVersion "flight-delay-v1" is invalid: spec: Invalid value: `spec` must not change: '
    "a ModelVersion is immutable"
)
APPROVAL = 'The ModelApproval "flight-delay-v3-jane" is invalid: '
DECIDED = (
    f"{APPROVAL}spec: Invalid value: `spec` must not change, but that `revocation` may be added; "
    "create another ModelApproval instead"
)
REVOKED = (
    f"{APPROVAL}spec: Invalid value: `revocation` must stay as it is; create another "
    "ModelApproval instead"
)


@pytest.fixture
def run(kubectl: Run, shared_namespace: str) -> dict[str, Any]:
    """Return a stored TrainingRun with free-form parameters."""
    return _stored(kubectl, shared_namespace, "trainingrun-any-parameters")


@pytest.fixture
def version(kubectl: Run, shared_namespace: str) -> dict[str, Any]:
    """Return a stored ModelVersion."""
    return _stored(kubectl, shared_namespace, "modelversion-smallest")


@pytest.fixture
def approval(kubectl: Run, shared_namespace: str) -> dict[str, Any]:
    """Return a stored ModelApproval that stands."""
    return _stored(kubectl, shared_namespace, "modelapproval-smallest")


@pytest.mark.parametrize("example", VALID_EXAMPLES)
def test_whatever_is_accepted_takes_a_status(
    example: str, kubectl: Run, namespace: str, crds: None
) -> None:
    """Rules about change compare the whole spec whenever anything is written."""
    stored = _stored(kubectl, namespace, example)
    stored["status"] = {**stored["status"], "observedGeneration": 1}

    done = kubectl(
        "replace", "--subresource=status", "--dry-run=server", "-f", "-", stdin=json.dumps(stored)
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_training_run_keeps_its_spec(run: dict[str, Any], kubectl: Run) -> None:
    run["spec"]["seed"] = 1

    assert _replace(kubectl, run) == RUN_MESSAGE


def test_training_run_keeps_the_depth_of_its_parameters(run: dict[str, Any], kubectl: Run) -> None:
    parameters = run["spec"]["candidates"][0]["parameters"]
    parameters["nested"]["deep"]["deeper"][0]["deepest"][0][0][0] = 2

    assert _replace(kubectl, run) == RUN_MESSAGE


def test_training_run_takes_no_further_parameter(run: dict[str, Any], kubectl: Run) -> None:
    run["spec"]["candidates"][0]["parameters"]["max_depth"] = 3

    assert _replace(kubectl, run) == RUN_MESSAGE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("queueName", "lab", id="a field that was absent"),
        pytest.param("search", {}, id="an object that was absent"),
        pytest.param("retry", {"memoryLimit": "8Gi"}, id="a field of a field"),
        pytest.param("datasetName", "weather", id="a field that must be there"),
    ],
)
def test_training_run_keeps_each_field(
    field: str, value: object, run: dict[str, Any], kubectl: Run
) -> None:
    run["spec"][field] = value

    assert _replace(kubectl, run) == RUN_MESSAGE


def test_training_run_is_suspended_and_resumed(kubectl: Run, namespace: str, crds: None) -> None:
    run = _stored(kubectl, namespace, "trainingrun-queued")
    del run["metadata"]["resourceVersion"]
    for suspend in (True, False):
        run["spec"]["suspend"] = suspend

        assert kubectl("replace", "-f", "-", stdin=json.dumps(run)).stderr == ""

    del run["spec"]["queueName"]
    del run["spec"]["priorityClassName"]
    assert "but for `suspend`" in _replace(kubectl, run)


def test_training_run_takes_labels(run: dict[str, Any], kubectl: Run) -> None:
    run["metadata"]["labels"] = {"team": "delays"}

    assert _replace(kubectl, run) == ""


def test_training_run_is_applied_again_without_change(
    run: dict[str, Any], kubectl: Run, shared_namespace: str
) -> None:
    again = _stored(kubectl, shared_namespace, "trainingrun-any-parameters")

    assert again["metadata"]["generation"] == run["metadata"]["generation"] == 1


def test_model_version_keeps_its_spec(version: dict[str, Any], kubectl: Run) -> None:
    version["spec"]["trainingRows"] = 1001

    assert _replace(kubectl, version) == VERSION_MESSAGE


def test_model_version_takes_no_further_field(version: dict[str, Any], kubectl: Run) -> None:
    version["spec"]["trainedThrough"] = "2013-12-31T23:59:00Z"

    assert _replace(kubectl, version) == VERSION_MESSAGE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("modelVersionName", "flight-delay-v4"),
        ("decision", "Rejected"),
        ("reason", "another"),
        ("approver", "somebody else"),
    ],
)
def test_approval_keeps_what_was_decided(
    field: str, value: str, approval: dict[str, Any], kubectl: Run
) -> None:
    approval["spec"][field] = value

    assert _replace(kubectl, approval) == DECIDED


def test_approval_takes_labels_and_is_revoked(approval: dict[str, Any], kubectl: Run) -> None:
    approval["metadata"]["labels"] = {"ticket": "42"}
    approval["spec"]["revocation"] = REVOCATION

    assert _replace(kubectl, approval) == ""


@pytest.mark.parametrize(
    "revocation",
    [
        pytest.param(None, id="taken away"),
        pytest.param({**REVOCATION, "reason": "another"}, id="for another reason"),
        pytest.param({**REVOCATION, "revoker": "somebody else"}, id="by somebody else"),
    ],
)
def test_revocation_stays(
    revocation: dict[str, str] | None, kubectl: Run, namespace: str, crds: None
) -> None:
    approval = _stored(kubectl, namespace, "modelapproval-smallest")
    approval["spec"]["revocation"] = REVOCATION
    kubectl("replace", "-f", "-", stdin=json.dumps(approval), check=True)
    del approval["metadata"]["resourceVersion"]
    approval["spec"]["revocation"] = revocation

    assert _replace(kubectl, approval) == REVOKED


def test_pipeline_changes_its_mind(kubectl: Run, shared_namespace: str) -> None:
    pipeline = _stored(kubectl, shared_namespace, "modelpipeline-smallest")
    del pipeline["spec"]["deployment"]
    pipeline["spec"]["deploymentName"] = "delays"

    assert _replace(kubectl, pipeline) == ""


def _stored(kubectl: Run, namespace: str, example: str) -> dict[str, Any]:
    text = (VALID / f"{example}.yaml").read_text()
    kubectl("apply", f"--namespace={namespace}", "--server-side", "-f", "-", stdin=text, check=True)
    written = yaml.safe_load(text)
    name = f"{written['kind']}/{written['metadata']['name']}"
    answer = kubectl("get", f"--namespace={namespace}", name, "--output=json", check=True)
    stored: dict[str, Any] = json.loads(answer.stdout)
    return stored


def _replace(kubectl: Run, changed: dict[str, Any]) -> str:
    """Return what the API server has against the change; nothing when it would take it."""
    done = kubectl("replace", "--dry-run=server", "-f", "-", stdin=json.dumps(changed))
    return done.stderr.strip()
