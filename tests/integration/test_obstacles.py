"""What keeps the operator from its work is named where `kubectl get` shows it."""

import json
from collections.abc import Iterator

import pytest
import yaml
from tests.builders import (
    Object,
    make_dataset,
    make_deployment,
    make_pipeline,
    make_run,
    make_store,
    make_version,
)
from tests.integration.lab import Lab, Run, conditions
from tests.integration.operator_process import OperatorProcess
from tests.unit.operator.observations import as_sent

from tidewheel_contracts import labels
from tidewheel_dev import paths
from tidewheel_operator.manifests.names import child_name

pytestmark = pytest.mark.usefixtures("operator")


@pytest.mark.parametrize(
    ("items", "kind", "name", "reason"),
    [
        pytest.param(
            [make_dataset()], "dataset", "flights", "ArtifactStoreMissing", id="a Dataset: no store"
        ),
        pytest.param(
            [make_run()], "trainingrun", "by-hand", "ArtifactStoreMissing", id="a run: no store"
        ),
        pytest.param(
            [make_store(), make_run()],
            "trainingrun",
            "by-hand",
            "DatasetMissing",
            id="a run: no Dataset",
        ),
        pytest.param(
            [make_store(), make_dataset(), make_run()],
            "trainingrun",
            "by-hand",
            "SnapshotPending",
            id="a run: no snapshot",
        ),
        pytest.param(
            [make_run(pipeline_name="missing")],
            "trainingrun",
            "by-hand",
            "Queued",
            id="a run: no pipeline",
        ),
        pytest.param(
            [make_pipeline()],
            "modelpipeline",
            "flight-delay",
            "WaitingForData",
            id="a pipeline: no Dataset",
        ),
        pytest.param(
            [make_deployment()],
            "modeldeployment",
            "flight-delay",
            "NoVersion",
            id="a deployment: no version",
        ),
        pytest.param(
            [make_deployment(version={"policy": "Pinned", "number": 3})],
            "modeldeployment",
            "flight-delay",
            "VersionNotFound",
            id="a deployment: not the pinned version",
        ),
    ],
)
def test_reason_is_a_column(
    lab: Lab, items: list[Object], kind: str, name: str, reason: str
) -> None:
    lab.create(*items)

    lab.wait_ready(kind, name, reason)

    header, row = lab.run("get", kind, name).splitlines()
    column = header.index("REASON")
    assert row[column:].split()[0] == reason
    assert row[header.index("READY") :].split()[0] == "False"


def test_store_and_version_are_accepted(lab: Lab) -> None:
    lab.create(make_store(), make_version())

    lab.wait_ready("artifactstore", "default", "Accepted")
    lab.wait_ready("modelversion", "flight-delay-v1", "Registered")


def foreign_job(name: str) -> Object:
    container = {"name": "main", "image": "registry.test/theirs:1"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "suspend": True,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }


def test_job_of_somebody_else_is_named_and_left_alone(lab: Lab) -> None:
    # The Job's name is known once the Dataset has its uid.
    lab.create(make_dataset())
    uid = lab.the("dataset", "flights")["metadata"]["uid"]
    name = child_name("flights", uid, "round/1")
    lab.create({**foreign_job(name)})
    before = lab.the("job", name)

    lab.create(make_store())

    item = lab.wait_ready("dataset", "flights", "NameConflict")
    assert conditions(item)["Stalled"]["message"] == (
        f"Job '{name}' exists and belongs to somebody else; rename or remove it"
    )
    assert lab.the("job", name) == before


def test_service_of_somebody_else_is_named_and_left_alone(lab: Lab) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "flight-delay-v1"},
        "spec": {"selector": {"app": "theirs"}, "ports": [{"port": 80}]},
    }
    lab.create(service, make_store(), make_version())
    before = lab.the("service", "flight-delay-v1")

    lab.create(make_deployment())

    item = lab.wait_ready("modeldeployment", "flight-delay", "NameConflict")
    assert conditions(item)["Stalled"]["message"] == (
        "Service 'flight-delay-v1' exists and belongs to somebody else; rename or remove it"
    )
    assert lab.the("service", "flight-delay-v1") == before


@pytest.fixture
def loose_datasets(kubectl: Run) -> Iterator[None]:
    """Let the server take any Dataset, as an older schema may have done."""
    file = paths.REPOSITORY / "crds" / "datasets.yaml"
    loose = yaml.safe_load(file.read_text())
    [version] = loose["spec"]["versions"]
    version["schema"]["openAPIV3Schema"]["properties"]["spec"] = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    _apply(kubectl, json.dumps(loose))
    yield
    _apply(kubectl, file.read_text())


def _apply(kubectl: Run, text: str) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text, check=True)
    kubectl("wait", "--for=condition=Established", "-f", "-", stdin=text, check=True)


@pytest.mark.usefixtures("loose_datasets")
def test_stored_object_that_is_invalid_is_stalled_and_stops_nobody(
    lab: Lab, operator: OperatorProcess
) -> None:
    invalid = {**as_sent(make_dataset("broken")), "spec": {"target": {"column": 7}}}

    def create() -> str | None:
        # The new schema takes a moment to hold.
        done = lab.kubectl("create", "-n", lab.namespace, "-f", "-", stdin=_text(invalid, lab))
        return None if done.returncode == 0 else done.stderr

    lab.wait_for("the loose schema", create)

    item = lab.wait_ready("dataset", "broken", "Invalid")
    assert conditions(item)["Stalled"]["message"] == (
        "spec.source: Field required; spec.target.column: Input should be a valid string"
    )
    lab.create(make_store(), make_dataset())
    lab.wait_job("flights-")
    assert "Traceback" not in operator.log()


def _text(item: Object, lab: Lab) -> str:
    return json.dumps({**item, "metadata": {**item["metadata"], "namespace": lab.namespace}})


def test_service_that_lost_our_label_gets_it_back(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(make_store(), make_version(), make_deployment())
    name = "flight-delay-v1"
    lab.wait_for(name, lambda: None if lab.get("service", name) else "it is not there yet")
    before = lab.the("service", name)["metadata"]

    lab.patch("service", name, {"metadata": {"labels": {labels.MANAGED_BY: "Helm"}}})

    def missing() -> str | None:
        now = lab.the("service", name)["metadata"]
        return None if now["labels"] == before["labels"] else str(now["labels"])

    lab.wait_for("its labels", missing)
    lab.run("delete", "service", name, "--wait=false")
    lab.wait_for("another", lambda: None if lab.get("service", name) else "it is not back")
    assert lab.the("service", name)["metadata"]["uid"] != before["uid"]
    assert operator.child is not None
