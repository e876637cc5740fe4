"""The process starts when it can, says what it waits for, and ends in good order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.builders import Object, make_dataset, make_store
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab, install_kind, lab_on
from tests.integration.local_server import LocalServer, free_port
from tests.integration.operator_process import OperatorProcess

from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_dev import wait
from tidewheel_operator.runtime.resources import RESOURCES


@pytest.fixture
def bare_server(tmp_path: Path, local_server: LocalServer) -> Iterator[LocalServer]:
    """Return a server of its own that has none of our kinds."""
    folder = tmp_path / "bare"
    folder.mkdir()
    server = LocalServer(folder, local_server.tools)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def says(operator: OperatorProcess, words: str) -> None:
    """Wait until the operator says what it waits for."""

    def missing() -> str | None:
        status, body = operator.get("/readyz")
        waits = status == 503 and words in json.loads(body)["waitingFor"]
        return None if waits else f"{status} {body}"

    wait.until(f"the operator to say {words}", missing, timeout_seconds=30)


def test_operator_names_missing_definitions_and_begins_when_they_come(
    bare_server: LocalServer, make_operator: MakeOperator
) -> None:
    operator = make_operator(bare_server.kubeconfig)
    operator.start()
    names = [f"{kind.plural}.tidewheel.dev" for kind in KINDS]
    says(operator, f"CustomResourceDefinitions: {', '.join(names)}")

    for name in names[1:]:
        install_kind(bare_server, name.partition(".")[0])
    says(operator, "CustomResourceDefinitions: artifactstores.tidewheel.dev")
    assert operator.get("/healthz") == (200, '{"alive": true}')

    install_kind(bare_server, "artifactstores")
    operator.wait_ready()
    assert operator.terminate() == 0


@pytest.fixture
def nowhere(tmp_path: Path, local_server: LocalServer) -> Path:
    """Return a kubeconfig of a server that does not answer."""
    config = yaml.safe_load(local_server.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
    file = tmp_path / "nowhere"
    file.write_text(yaml.safe_dump(config))
    return file


def test_operator_waits_for_a_server_that_is_away(
    nowhere: Path, make_operator: MakeOperator
) -> None:
    operator = make_operator(nowhere)
    operator.start()

    says(operator, "the API server: GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    assert operator.get("/healthz") == (200, '{"alive": true}')
    assert operator.terminate() == 0


def test_operator_ends_when_its_kubeconfig_cannot_be_read(
    tmp_path: Path, make_operator: MakeOperator
) -> None:
    operator = make_operator(tmp_path / "missing")
    operator.start()
    assert operator.child is not None

    assert operator.child.wait(timeout=30) == 1
    assert "Invalid kube-config file" in operator.log()


def test_operator_ends_when_a_setting_is_unusable(make_operator: MakeOperator) -> None:
    operator = make_operator(TIDEWHEEL_TRAINER_IMAGE="")
    operator.start()
    assert operator.child is not None

    assert operator.child.wait(timeout=30) == 2
    assert operator.log() == "tidewheel-operator: TIDEWHEEL_TRAINER_IMAGE must name an image\n"


def test_operator_that_works_ends_well(lab: Lab, operator: OperatorProcess) -> None:
    lab.create(make_store())
    lab.wait_ready("artifactstore", "default", "Accepted")

    assert operator.terminate() == 0
    assert "Traceback" not in operator.log()


def test_operator_that_has_just_begun_ends_well(operator: OperatorProcess) -> None:
    assert operator.terminate() == 0


def test_operator_that_is_killed_in_a_wait_goes_on_where_it_was(
    lab: Lab, operator: OperatorProcess
) -> None:
    lab.create(make_store(), make_dataset())
    job = lab.wait_job("flights-")
    lab.wait_ready("dataset", "flights", "Collecting")

    operator.kill()
    operator.start_ready()
    lab.create(make_dataset("other"))
    lab.wait_job("other-")

    collecting = [item for item in lab.list("jobs") if item["metadata"]["name"][:7] == "flights"]
    assert [item["metadata"]["uid"] for item in collecting] == [job["metadata"]["uid"]]


def test_operator_verifies_kinds_that_have_objects_and_kinds_that_have_none(
    lab: Lab, make_operator: MakeOperator
) -> None:
    operator = make_operator(TIDEWHEEL_VERIFY_SECONDS="1")
    operator.start_ready()
    lab.create(make_store(), make_dataset())
    lab.wait_job("flights-")

    def missing() -> str | None:
        ages = operator.metrics("tidewheel_watch_age_seconds")
        # Nobody tells of pods and versions here: only a verification keeps their ages low.
        late = {labels: age for labels, age in ages.items() if age > 3}
        is_complete = len(ages) == len(RESOURCES) and not late
        return None if operator.seconds() > 8 and is_complete else f"{ages}"

    lab.wait_for("every kind to be verified", missing)
    assert operator.child is not None
    assert operator.child.poll() is None
    assert operator.metrics("tidewheel_missed_changes_total") == {}
    assert "Traceback" not in operator.log()


def test_operator_survives_a_server_that_restarts(
    lab: Lab, operator: OperatorProcess, local_server: LocalServer
) -> None:
    lab.create(make_store(), make_dataset())
    lab.wait_job("flights-")

    local_server.stop_api_server()
    local_server.start_api_server()
    lab.create(make_dataset("other"))

    lab.wait_job("other-")
    assert operator.child is not None
    assert operator.child.poll() is None


def test_definition_that_is_deleted_and_comes_back_is_watched_again(
    bare_server: LocalServer, make_operator: MakeOperator, namespace: str
) -> None:
    for kind in KINDS:
        install_kind(bare_server, kind.plural)
    lab = lab_on(bare_server, namespace)
    operator = make_operator(bare_server.kubeconfig)
    operator.start_ready()
    lab.create(make_store(), make_dataset())
    lab.wait_job("flights-")

    lab.kubectl("delete", "crd", "datasets.tidewheel.dev", "--wait=true", check=True)
    install_kind(bare_server, "datasets")
    lab.wait_for("the new kind", lambda: _created(lab, make_dataset("other")))

    lab.wait_job("other-")
    assert operator.child is not None
    assert operator.child.poll() is None


def _created(lab: Lab, item: Object) -> str | None:
    try:
        lab.create(item)
    except AssertionError as error:
        return str(error)
    return None
