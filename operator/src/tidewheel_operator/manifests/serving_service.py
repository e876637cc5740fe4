"""Services: one per version, and the stable one that selects the champion's pods."""

from collections.abc import Mapping
from typing import Any

from tidewheel_contracts.serving import GRPC_PORT
from tidewheel_operator.manifests.metadata import owned_metadata, with_hash
from tidewheel_operator.manifests.serving_deployment import (
    ServingOwner,
    serving_labels,
    versioned_name,
)

__all__ = ["endpoint_url", "stable_service", "version_service"]

Object = dict[str, Any]

_PORT = 80


def endpoint_url(owner: ServingOwner, model: str) -> str:
    """Return the stable URL of a model inside the cluster."""
    return f"http://{owner.name}.{owner.namespace}.svc/v2/models/{model}"


def stable_service(owner: ServingOwner, champion_number: int) -> Object:
    """Return the Service that clients know; a switch changes its selector and nothing else."""
    return _service(owner, owner.name, serving_labels(owner.name, champion_number), {})


def version_service(owner: ServingOwner, number: int) -> Object:
    """Return the Service of one version."""
    selector = serving_labels(owner.name, number)
    return _service(owner, versioned_name(owner.name, number), selector, selector)


def _service(
    owner: ServingOwner, name: str, selector: Mapping[str, str], own_labels: Mapping[str, str]
) -> Object:
    return with_hash(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": owned_metadata(
                name=name,
                namespace=owner.namespace,
                owner_kind="ModelDeployment",
                owner_name=owner.name,
                owner_uid=owner.uid,
                extra_labels=own_labels,
            ),
            "spec": {
                "selector": dict(selector),
                # By name: version pods and, later, router pods have ports called http and grpc.
                "ports": [
                    {"name": "http", "port": _PORT, "protocol": "TCP", "targetPort": "http"},
                    {
                        "name": "grpc",
                        "port": GRPC_PORT,
                        "protocol": "TCP",
                        "targetPort": "grpc",
                        # So that gateways speak HTTP/2 to the pods.
                        "appProtocol": "kubernetes.io/h2c",
                    },
                ],
            },
        }
    )
