"""Objects that another release's schema let in: told what is wrong, and nobody else suffers."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders import (
    Object,
    make_alias,
    make_approval,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_store,
    make_version,
    models_of,
)
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.specs.schemas import KINDS
from tests.faults.specs.valid_specs import any_json
from tests.integration.lab import Lab, conditions, kubectl_of, lab_on
from tests.integration.local_server import LocalServer
from tests.integration.operator_process import OperatorProcess

from tidewheel_dev import paths, toolchain

WELL = {
    "ArtifactStore": make_store,
    "Dataset": make_dataset,
    "TrainingRun": make_run,
    "ModelVersion": make_version,
    "ModelApproval": make_approval,
    "ModelAlias": make_alias,
    "ModelDeployment": make_deployment,
    "ModelPipeline": make_pipeline,
}
FIELDS = (
    *("source", "s3", "target", "time", "refresh", "datasetName", "modelName", "training", "run"),
    *("candidates", "deployment", "deploymentName", "triggers", "limits", "history", "version"),
    *("pipelineName", "number", "artifact", "endpoint", "bucket", "replicas", "metric", "gate"),
    *("modelVersionName", "decision", "reason", "approver", "revocation"),
    *("alias", "changedBy"),
)
STATUS_FIELDS = (
    *("conditions", "snapshot", "attempt", "champion", "activeRunName", "handledCauses", "result"),
    *("lastAttemptTime", "versionNumber", "completionTime", "lastRun", "trigger", "warm"),
)
few = settings(
    max_examples=60 if IS_LONG else 6,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def objects(fields: tuple[str, ...]) -> st.SearchStrategy[Object]:
    """Return a strategy of objects whose known fields hold anything."""
    return st.dictionaries(st.sampled_from(fields), any_json(2), max_size=8)


@pytest.fixture(scope="module")
def lax_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Return a server whose definitions let every spec and status in."""
    server = LocalServer(tmp_path_factory.mktemp("lax"), toolchain.ensure())
    try:
        server.start()
        kubectl = kubectl_of(server)
        for plural in KINDS.values():
            crd = yaml.safe_load((paths.REPOSITORY / "crds" / f"{plural}.yaml").read_text())
            anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = anything
            kubectl("create", "-f", "-", stdin=json.dumps(crd), check=True)
        names = [f"crd/{plural}.tidewheel.dev" for plural in KINDS.values()]
        kubectl("wait", "--for=condition=Established", *names, check=True)
        yield server
    finally:
        server.stop()


@pytest.fixture
def lab(lax_server: LocalServer) -> Lab:
    """Return a namespace on that server."""
    return lab_on(lax_server, f"test-{secrets.token_hex(4)}")


@pytest.fixture
def operator(lab: Lab, lax_server: LocalServer, tmp_path: Path) -> Iterator[OperatorProcess]:
    """Return an operator at work in it."""
    process = OperatorProcess(lax_server.kubeconfig, tmp_path, lab.namespace)
    process.start_ready()
    yield process
    process.stop()


@pytest.mark.parametrize("kind", WELL)
def test_object_that_cannot_be_read_says_so_and_can_be_mended(
    kind: str, lab: Lab, operator: OperatorProcess
) -> None:
    @seed(SEED)
    @few
    @given(spec=objects(FIELDS), status=objects(STATUS_FIELDS))
    def story(spec: Object, status: Object) -> None:
        well = WELL[kind]()
        name = well["metadata"]["name"]
        note(f"kubectl apply: {json.dumps({'kind': kind, 'spec': spec, 'status': status})}")
        broken = {**well, "spec": spec}
        lab.create(broken)
        lab.patch(kind, name, {"status": status}, "status")
        lab.wait_for("the operator to see it", lambda: unseen(lab, kind, name, spec))

        lab.run("delete", kind, name)
        lab.create(well)
        lab.wait_for("the object to be mended", lambda: ailing(lab, kind, name))
        lab.run("delete", kind, name)

        assert operator.child is not None
        assert operator.child.poll() is None
        assert "Traceback" not in operator.log(), operator.log()[-3000:]

    story()


def test_operator_that_starts_among_them_goes_on(lab: Lab, operator: OperatorProcess) -> None:
    broken = {"run": 1, "modelName": ["a"], "deploymentName": {}, "pipelineName": 3}
    for kind, make in WELL.items():
        lab.create({**make(), "spec": broken})
        name = make()["metadata"]["name"]
        lab.patch(kind, name, {"status": {"conditions": "none", "attempt": []}}, "status")

    operator.kill()
    operator.start_ready()
    lab.create(make_dataset("well"))

    lab.wait_for("the other to be looked at", lambda: ailing(lab, "Dataset", "well"))
    assert "Traceback" not in operator.log(), operator.log()[-3000:]


def unseen(lab: Lab, kind: str, name: str, spec: Object) -> str | None:
    """Return why the operator has not said of a spec that it can or cannot be read."""
    told = told_by(lab, kind, name)
    ready, stalled = told.get("Ready", {}), told.get("Stalled", {})
    if ready.get("reason") in (None, "Pending"):
        return f"it says {told}"
    is_told = (ready["reason"], stalled.get("status")) == ("Invalid", "True")
    if is_told and "spec." not in ready["message"]:
        return f"no field is named: {told}"
    return None if is_told != is_readable(kind, spec) else f"it says {told}"


def is_readable(kind: str, spec: Object) -> bool:
    """Tell whether the contracts take a spec."""
    try:
        models_of(kind)[0].model_validate(spec)
    except ValidationError:
        return False
    return True


def ailing(lab: Lab, kind: str, name: str) -> str | None:
    """Return why an object that is well is not treated as such yet."""
    told = told_by(lab, kind, name)
    reason = told.get("Ready", {}).get("reason")
    return None if reason not in (None, "Pending", "Invalid") else f"it says {told}"


def told_by(lab: Lab, kind: str, name: str) -> dict[str, Object]:
    """Return the conditions by type, if they are conditions at all."""
    item = lab.get(kind, name)
    found = ((item or {}).get("status") or {}).get("conditions")
    is_list = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    return conditions(item) if is_list and all("type" in one for one in found) else {}
