"""ModelVersions: what a passing run registers. Nobody owns them: they outlive run and pipeline."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, version_name

__all__ = ["model_version"]

Object = dict[str, Any]


def model_version(namespace: str, spec: ModelVersionSpec) -> Object:
    """Return the ModelVersion object of a spec."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "ModelVersion",
        "metadata": {
            "name": version_name(spec.model_name, spec.number),
            "namespace": namespace,
            "labels": {
                labels.MANAGED_BY: labels.MANAGER,
                labels.MODEL: spec.model_name,
                labels.RUN: spec.run.name,
                labels.CAUSE: spec.cause,
            },
        },
        "spec": spec.to_wire(),
    }
