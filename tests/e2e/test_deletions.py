"""Deletions by the real garbage collector: nothing hangs, nothing is left that should not be."""

import json
import secrets
from collections.abc import Iterator

import pytest
from tests.e2e.installation import (
    ALERT_NAMESPACE,
    EGRESS,
    LOOP_NAMESPACE,
    SharedStore,
    furnish,
)
from tests.e2e.lab import FOREST, Lab, Object, Run, condition, dataset_spec, training, visits

from tidewheel_contracts.api.v1alpha1 import KINDS
from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec, Serving
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_dev import command
from tidewheel_dev.demo.context import OPERATOR_NAMESPACE, Site
from tidewheel_dev.demo.install import install_operator

# Longer than any test here, so that it is still training when its owner goes.
SLOW = Candidate(name="forest", estimator=FOREST, parameters={"n_estimators": 5000, "max_depth": 8})
OWN = ",".join(kind.plural for kind in KINDS)
CHILDREN = "deployments,services,jobs,pods"
OURS = ("-l", "app.kubernetes.io/managed-by=tidewheel")


@pytest.fixture
def busy(shared_store: SharedStore, kubectl: Run) -> Iterator[Lab]:
    """Return a namespace in which a pipeline serves and a run of a person's trains."""
    name = f"test-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name, check=True)
    lab = furnish(name, kubectl, shared_store)
    lab.put("shop", "1.parquet", visits(0, 30))
    lab.create("Dataset", "shop", dataset_spec(lab, "shop", every_seconds=10))
    pipeline = ModelPipelineSpec(
        dataset_name="shop",
        model_name="buyer",
        training=training(),
        deployment=Serving(),
    )
    lab.create("ModelPipeline", "buyer", pipeline)
    lab.wait_ready("modelpipeline", "buyer", ["Turning"])
    run = TrainingRunSpec(**training(SLOW).model_dump(), dataset_name="shop", model_name="buyer")
    lab.create("TrainingRun", "slow", run)
    lab.wait_ready("trainingrun", "slow", ["Training"])
    yield lab
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found", check=True)


def children(lab: Lab) -> list[str]:
    """Return our children in the namespace: kind, name, and whether somebody controls them."""
    items: list[Object] = json.loads(lab.run("get", CHILDREN, *OURS, "-o", "json"))["items"]
    return sorted(
        f"{item['kind']} {item['metadata']['name']}"
        for item in items
        if "deletionTimestamp" not in item["metadata"]
    )


def of(lab: Lab, name: str) -> list[str]:
    """Return the children that bear an owner's name."""
    return [child for child in children(lab) if child.split(" ")[1].startswith(name)]


def finalizers(lab: Lab) -> dict[str, list[str]]:
    """Return what holds objects of ours and their children back; a Job's pod has its own."""
    kinds = f"{OWN},deployments,services,jobs"
    items: list[Object] = json.loads(lab.run("get", kinds, "-o", "json"))["items"]
    return {
        f"{item['kind']} {item['metadata']['name']}": item["metadata"]["finalizers"]
        for item in items
        if item["metadata"].get("finalizers")
    }


def wait_gone(lab: Lab, name: str) -> None:
    lab.wait_for(f"the children of {name} to go", lambda: ", ".join(of(lab, name)) or None)


def test_every_propagation_and_the_end_of_the_namespace_hang_nowhere(
    busy: Lab, kubectl: Run
) -> None:
    for name in ("fore", "back", "apart"):
        busy.create("ModelDeployment", name, ModelDeploymentSpec(model_name="buyer"))
    for name in ("fore", "back", "apart"):
        busy.wait_ready("modeldeployment", name, ["Serving"])
    assert finalizers(busy) == {}

    _delete(busy, "modeldeployment", "fore", "foreground")
    _delete(busy, "modeldeployment", "back", "background")
    _delete(busy, "modeldeployment", "apart", "orphan")
    wait_gone(busy, "fore")
    wait_gone(busy, "back")
    _serves_without_an_owner(busy)

    _delete(busy, "trainingrun", "slow", "foreground")
    wait_gone(busy, "slow")
    _delete(busy, "modelpipeline", "buyer", "foreground")
    wait_gone(busy, "buyer")
    assert [item["metadata"]["name"] for item in busy.list("trainingrun")] == []
    assert [item["metadata"]["name"] for item in busy.list("modelversion")] == ["buyer-v1"]

    _begin_anew(busy)
    kubectl("delete", "namespace", busy.namespace, "--timeout=90s", check=True)
    assert "Traceback" not in _operator_log(kubectl)
    # Deleting objects never deletes bytes.
    kept = busy.bucket.keys(f"tidewheel-{busy.namespace}/")
    assert [key for key in kept if "/snapshots/" in key] != []
    assert [key for key in kept if key.endswith("model.skops")] != []


def _delete(lab: Lab, kind: str, name: str, cascade: str) -> None:
    """Delete and wait: kubectl gives up with an error when something hangs."""
    lab.run("delete", kind, name, f"--cascade={cascade}", "--timeout=60s")


def _serves_without_an_owner(lab: Lab) -> None:
    """What was let go stays as it is, and who comes under the old name says why it waits."""
    names = ("Deployment apart-v1", "Service apart", "Service apart-v1")
    assert set(names) <= set(of(lab, "apart"))
    assert "ownerReferences" not in (lab.get("deployment", "apart-v1") or {})["metadata"]
    lab.create("ModelDeployment", "apart", ModelDeploymentSpec(model_name="buyer"))
    lab.wait_ready("modeldeployment", "apart", ["NameConflict"])
    message = condition(lab.get("modeldeployment", "apart"), "Ready")["message"]
    assert "has lost its ownerReference to ModelDeployment 'apart'" in message


def _begin_anew(lab: Lab) -> None:
    """Bring a run into training, so that the namespace ends in the middle of something."""
    spec = TrainingRunSpec(**training(SLOW).model_dump(), dataset_name="shop", model_name="buyer")
    lab.create("TrainingRun", "again", spec)
    lab.wait_ready("trainingrun", "again", ["Training"])


def _operator_log(kubectl: Run) -> str:
    there = ("-n", OPERATOR_NAMESPACE, "-l", "app.kubernetes.io/name=tidewheel")
    log: str = kubectl("logs", *there, "--tail=-1", check=True).stdout
    return log


def test_operator_that_is_uninstalled_first_blocks_no_deletion(
    busy: Lab, kubectl: Run, site: Site
) -> None:
    release = ("uninstall", "tidewheel", f"--namespace={OPERATOR_NAMESPACE}", "--wait")
    command.run([str(site.helm), *release, f"--kubeconfig={site.kubeconfig}"])
    try:
        assert of(busy, "slow") != []
        _delete(busy, "trainingrun", "slow", "foreground")
        busy.run("delete", OWN, "--all", "--cascade=foreground", "--timeout=60s")
        busy.wait_for("all children to go", lambda: ", ".join(children(busy)) or None)
        definitions = [f"{kind.plural}.tidewheel.dev" for kind in KINDS]
        kubectl("delete", "crd", *definitions, "--timeout=60s", check=True)
    finally:
        install_operator(site, [ALERT_NAMESPACE, LOOP_NAMESPACE], EGRESS)

    assert "NotFound" not in kubectl("get", "crd", *definitions).stderr
    busy.create("ModelDeployment", "anew", ModelDeploymentSpec(model_name="buyer"))
    busy.wait_ready("modeldeployment", "anew", ["NoVersion"])
