"""The ModelDeployment that a pipeline owns: the serving part of its spec, applied as it is."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec, Serving
from tidewheel_operator.manifests.metadata import owned_metadata, with_hash

__all__ = ["model_deployment"]

Object = dict[str, Any]


def model_deployment(
    *, namespace: str, pipeline_name: str, pipeline_uid: str, model_name: str, serving: Serving
) -> Object:
    """Return the ModelDeployment; it has the pipeline's name."""
    spec = ModelDeploymentSpec(**serving.model_dump(), model_name=model_name)
    return with_hash(
        {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "ModelDeployment",
            "metadata": owned_metadata(
                name=pipeline_name,
                namespace=namespace,
                owner_kind="ModelPipeline",
                owner_name=pipeline_name,
                owner_uid=pipeline_uid,
                extra_labels={labels.PIPELINE: pipeline_name, labels.MODEL: model_name},
            ),
            "spec": spec.to_wire(),
        }
    )
