"""The Deployment of one version: its pods load the artifact by digest and answer when they did."""

from dataclasses import dataclass
from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Resources
from tidewheel_contracts.serving import GRPC_PORT, HTTP_PORT, ServeRequest
from tidewheel_operator.manifests.job import ProgramImage
from tidewheel_operator.manifests.metadata import owned_metadata, with_hash
from tidewheel_operator.manifests.pod import program_container, program_pod

__all__ = ["ServingOwner", "serving_deployment", "serving_labels", "versioned_name"]

Object = dict[str, Any]

# The server waits this long for endpoints to move before it closes; see its drain.
_GRACE_SECONDS = 40


@dataclass(frozen=True, slots=True)
class ServingOwner:
    """The ModelDeployment that the objects belong to."""

    name: str
    namespace: str
    uid: str


def versioned_name(deployment: str, number: int) -> str:
    """Return the name of a version's Deployment and Service."""
    return f"{deployment}-v{number}"


def serving_labels(deployment: str, number: int) -> dict[str, str]:
    """Return the labels that select the pods of one version."""
    return {labels.DEPLOYMENT: deployment, labels.VERSION: str(number)}


def serving_deployment(
    *,
    owner: ServingOwner,
    request: ServeRequest,
    replicas: int,
    resources: Resources,
    image: ProgramImage,
) -> Object:
    """Return the Deployment of one version.

    A change of resources or image replaces pods one by one, never below the replicas asked for.
    """
    selector = serving_labels(owner.name, request.version_number)
    return with_hash(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": owned_metadata(
                name=versioned_name(owner.name, request.version_number),
                namespace=owner.namespace,
                owner_kind="ModelDeployment",
                owner_name=owner.name,
                owner_uid=owner.uid,
                extra_labels={**selector, labels.MODEL: request.model_name},
            ),
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": selector},
                "progressDeadlineSeconds": 600,
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
                },
                "template": {
                    "metadata": {
                        "labels": {
                            labels.MANAGED_BY: labels.MANAGER,
                            labels.OWNER_KIND: "ModelDeployment",
                            labels.MODEL: request.model_name,
                            **selector,
                        },
                        "annotations": {labels.REQUEST: request.to_json()},
                    },
                    "spec": {
                        **program_pod(_server(request, resources, image)),
                        "terminationGracePeriodSeconds": _GRACE_SECONDS,
                    },
                },
            },
        }
    )


def _server(request: ServeRequest, resources: Resources, image: ProgramImage) -> Object:
    container = program_container(
        image=image.reference,
        pull_policy=image.pull_policy,
        secret_name=request.store.spec.secret_name,
        resources=resources,
    )
    return {
        **container,
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": _probe("/v2/health/ready", period_seconds=2, failures=2),
        "livenessProbe": _probe("/v2/health/live", period_seconds=10, failures=6),
    }


def _probe(path: str, *, period_seconds: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period_seconds,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
