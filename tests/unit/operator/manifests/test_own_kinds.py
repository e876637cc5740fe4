"""The runs, versions and ModelDeployments that the operator makes, field by field."""

import pytest
from tests.builders import make_pipeline, make_version
from tests.unit.operator.manifests.expected import without_hash
from tests.unit.operator.observations import as_sent, observed

from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_operator.manifests.model_deployment import model_deployment
from tidewheel_operator.manifests.model_version import model_version
from tidewheel_operator.manifests.training_run import run_name, training_run
from tidewheel_operator.runtime.resources import RESOURCES, resource_of

PIPELINE = observed(make_pipeline(deployment={"replicas": 2})).spec
OWNER_REFERENCE = {
    "apiVersion": "tidewheel.dev/v1alpha1",
    "kind": "ModelPipeline",
    "name": "loop",
    "uid": "uid-1",
    "controller": True,
    "blockOwnerDeletion": False,
}


def test_run_of_a_pipeline() -> None:
    run = training_run(
        name="loop-1",
        namespace="ml",
        pipeline_name="loop",
        pipeline_uid="uid-1",
        model_name="delay",
        dataset_name="flights",
        training=PIPELINE.training,
        cause=Cause.NEW_DATA,
        fingerprint="sha256:1",
    )

    assert run == {
        "apiVersion": "tidewheel.dev/v1alpha1",
        "kind": "TrainingRun",
        "metadata": {
            "name": "loop-1",
            "namespace": "ml",
            "labels": {
                "app.kubernetes.io/managed-by": "tidewheel",
                "tidewheel.dev/owner-kind": "ModelPipeline",
                "tidewheel.dev/pipeline": "loop",
                "tidewheel.dev/model": "delay",
                "tidewheel.dev/cause": "NewData",
            },
            "annotations": {"tidewheel.dev/fingerprint": "sha256:1"},
            "ownerReferences": [OWNER_REFERENCE],
        },
        "spec": {
            "datasetName": "flights",
            "modelName": "delay",
            "pipelineName": "loop",
            "suspend": False,
            **PIPELINE.training.to_wire(),
        },
    }


@pytest.mark.parametrize(
    ("pipeline", "name"),
    [
        pytest.param("loop", "loop-0123456789", id="a short pipeline"),
        pytest.param("p" * 40, "p" * 29 + "-0123456789", id="the longest pipeline"),
    ],
)
def test_name_of_a_run_fits_into_forty_characters(pipeline: str, name: str) -> None:
    assert run_name(pipeline, "sha256:0123456789abcdef") == name
    assert len(name) <= 40


def test_deployment_of_a_pipeline() -> None:
    assert PIPELINE.deployment is not None

    deployment = model_deployment(
        namespace="ml",
        pipeline_name="loop",
        pipeline_uid="uid-1",
        model_name="delay",
        serving=PIPELINE.deployment,
    )

    assert without_hash(deployment) == {
        "apiVersion": "tidewheel.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {
            "name": "loop",
            "namespace": "ml",
            "labels": {
                "app.kubernetes.io/managed-by": "tidewheel",
                "tidewheel.dev/owner-kind": "ModelPipeline",
                "tidewheel.dev/pipeline": "loop",
                "tidewheel.dev/model": "delay",
            },
            "ownerReferences": [OWNER_REFERENCE],
        },
        "spec": {
            "modelName": "delay",
            "version": {"policy": "Latest"},
            "replicas": 2,
            "resources": {"cpuMilli": 250, "memory": "1Gi"},
            "rollbackWindowSeconds": 600,
        },
    }


def test_version_has_no_owner_and_outlives_its_run() -> None:
    wanted = as_sent(make_version(3))

    version = model_version("ml", observed(make_version(3)).spec)

    assert version == {
        **wanted,
        "metadata": {
            "name": "flight-delay-v3",
            "namespace": "ml",
            "labels": {
                "app.kubernetes.io/managed-by": "tidewheel",
                "tidewheel.dev/model": "flight-delay",
                "tidewheel.dev/run": "by-hand",
                "tidewheel.dev/cause": "Demand",
            },
        },
    }


@pytest.mark.parametrize("resource", RESOURCES, ids=[item.kind for item in RESOURCES])
def test_manifest_names_its_resource(resource: object) -> None:
    kind = next(item for item in RESOURCES if item == resource)

    assert resource_of({"apiVersion": kind.api_version, "kind": kind.kind}) == resource


def test_manifest_of_an_unknown_kind_is_a_defect() -> None:
    with pytest.raises(KeyError):
        resource_of({"apiVersion": "v1", "kind": "Secret"})
