"""TrainingRuns that a pipeline opens: the name is made of the cause, so one cause opens one run."""

from typing import Any

from tidewheel_contracts import labels
from tidewheel_contracts.api.kind import GROUP, VERSION
from tidewheel_contracts.api.v1alpha1.common import Training
from tidewheel_contracts.api.v1alpha1.run_status import Cause
from tidewheel_contracts.api.v1alpha1.training_run import TrainingRunSpec
from tidewheel_operator.manifests.metadata import owned_metadata

__all__ = ["run_name", "training_run"]

Object = dict[str, Any]

# The whole name stays within the 40 characters that a run may have.
_LONGEST_STEM = 29


def run_name(pipeline_name: str, cause_digest: str) -> str:
    """Return the name of the run that a cause opens; `cause_digest` is a `sha256:` digest."""
    return f"{pipeline_name[:_LONGEST_STEM]}-{cause_digest.removeprefix('sha256:')[:10]}"


def training_run(
    *,
    name: str,
    namespace: str,
    pipeline_name: str,
    pipeline_uid: str,
    model_name: str,
    dataset_name: str,
    training: Training,
    cause: Cause,
    fingerprint: str,
) -> Object:
    """Return the run; cause and fingerprint travel with it, whatever dies after the create."""
    spec = TrainingRunSpec(
        **training.model_dump(),
        dataset_name=dataset_name,
        model_name=model_name,
        pipeline_name=pipeline_name,
    )
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "TrainingRun",
        "metadata": owned_metadata(
            name=name,
            namespace=namespace,
            owner_kind="ModelPipeline",
            owner_name=pipeline_name,
            owner_uid=pipeline_uid,
            extra_labels={
                labels.PIPELINE: pipeline_name,
                labels.MODEL: model_name,
                labels.CAUSE: cause,
            },
            annotations={labels.FINGERPRINT: fingerprint},
        ),
        "spec": spec.to_wire(),
    }
