"""The whole Deployment and Services of a version, field by field."""

import pytest
from tests.builders import Object, make_deployment, make_store, make_version
from tests.unit.operator.manifests.expected import POD, without_hash
from tests.unit.operator.observations import SERVER, observed, request_text

from tidewheel_contracts import labels
from tidewheel_contracts.job import Store
from tidewheel_contracts.serving import ServeRequest
from tidewheel_operator.manifests.metadata import with_hash
from tidewheel_operator.manifests.serving_deployment import ServingOwner, serving_deployment
from tidewheel_operator.manifests.serving_service import (
    endpoint_url,
    stable_service,
    version_service,
)

OWNER = ServingOwner("delay", "ml", "uid-1")
OWNER_REFERENCE = {
    "apiVersion": "tidewheel.dev/v1alpha1",
    "kind": "ModelDeployment",
    "name": "delay",
    "uid": "uid-1",
    "controller": True,
    "blockOwnerDeletion": False,
}
COMMON_LABELS = {
    "app.kubernetes.io/managed-by": "tidewheel",
    "tidewheel.dev/owner-kind": "ModelDeployment",
}
SELECTOR = {"tidewheel.dev/deployment": "delay", "tidewheel.dev/version": "3"}
VERSION = observed(make_version(3)).spec
REQUEST = ServeRequest(
    store=Store(spec=observed(make_store()).spec, namespace="ml"),
    model_name="flight-delay",
    version_name="flight-delay-v3",
    version_number=3,
    manifest_key=VERSION.artifact.manifest_key,
    manifest_digest=VERSION.artifact.manifest_digest,
    artifact_digest=VERSION.artifact.digest,
)


def deployment(request: ServeRequest = REQUEST, replicas: int = 2) -> Object:
    resources = observed(make_deployment()).spec.resources
    return serving_deployment(
        owner=OWNER, request=request, replicas=replicas, resources=resources, image=SERVER
    )


def test_deployment_of_a_version() -> None:
    container = {
        **POD["containers"][0],
        "image": "registry.test/server:1",
        "resources": {
            "requests": {"cpu": "250m", "memory": "1Gi"},
            "limits": {"memory": "1Gi"},
        },
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "grpc", "containerPort": 8081, "protocol": "TCP"},
        ],
        "readinessProbe": {
            "httpGet": {"path": "/v2/health/ready", "port": "http"},
            "periodSeconds": 2,
            "timeoutSeconds": 5,
            "failureThreshold": 2,
        },
        "livenessProbe": {
            "httpGet": {"path": "/v2/health/live", "port": "http"},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
    }
    del container["args"]
    pod = {**POD, "containers": [container], "terminationGracePeriodSeconds": 40}
    del pod["restartPolicy"]
    own_labels = {**COMMON_LABELS, "tidewheel.dev/model": "flight-delay", **SELECTOR}

    assert without_hash(deployment()) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "delay-v3",
            "namespace": "ml",
            "labels": own_labels,
            "ownerReferences": [OWNER_REFERENCE],
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": SELECTOR},
            "progressDeadlineSeconds": 600,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "template": {
                "metadata": {
                    "labels": own_labels,
                    "annotations": {"tidewheel.dev/request": REQUEST.to_json()},
                },
                "spec": pod,
            },
        },
    }


def test_server_is_told_what_to_load() -> None:
    assert ServeRequest.model_validate_json(request_text(deployment())) == REQUEST


@pytest.mark.parametrize(
    ("service", "name", "own_labels"),
    [
        pytest.param(version_service(OWNER, 3), "delay-v3", SELECTOR, id="of a version"),
        pytest.param(stable_service(OWNER, 3), "delay", {}, id="that clients know"),
    ],
)
def test_service(service: Object, name: str, own_labels: dict[str, str]) -> None:
    assert without_hash(service) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "ml",
            "labels": {**COMMON_LABELS, **own_labels},
            "ownerReferences": [OWNER_REFERENCE],
        },
        "spec": {
            "selector": SELECTOR,
            "ports": [
                {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"},
                {
                    "name": "grpc",
                    "port": 8081,
                    "protocol": "TCP",
                    "targetPort": "grpc",
                    "appProtocol": "kubernetes.io/h2c",
                },
            ],
        },
    }


def test_switch_changes_the_selector_and_nothing_else() -> None:
    before, after = (without_hash(stable_service(OWNER, number)) for number in (3, 4))

    after["spec"]["selector"][labels.VERSION] = "3"
    assert after == before


def test_endpoint_is_the_stable_services() -> None:
    assert endpoint_url(OWNER, "flight-delay") == "http://delay.ml.svc/v2/models/flight-delay"


def test_hash_tells_manifests_apart_and_keeps_other_annotations() -> None:
    plain: Object = {"kind": "Any", "metadata": {"name": "a", "annotations": {"note": "b"}}}

    one, same, other = with_hash(plain), with_hash(plain), with_hash({**plain, "spec": {}})

    assert one == same
    assert one["metadata"]["annotations"]["note"] == "b"
    assert labels.MANIFEST_HASH not in plain["metadata"]["annotations"]
    hashes = [item["metadata"]["annotations"][labels.MANIFEST_HASH] for item in (one, other)]
    assert hashes[0] != hashes[1]
