"""Which version a run's candidate meets: the one that serves, whoever deleted its object.

A deployment's status carries all that loads its champion again, so the gate judges against the
model in production even when its ModelVersion is gone.
"""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, version_name
from tidewheel_contracts.api.v1alpha1.run_status import ChampionReference
from tidewheel_operator.policies.observed import Observed

__all__ = ["champion_reference"]

Deployment = Observed[ModelDeploymentSpec, ModelDeploymentStatus]


def champion_reference(
    deployments: Sequence[Deployment],
    versions: Sequence[ModelVersionSpec],
    preferred: str | None,
) -> ChampionReference | None:
    """Return the champion of a model, or its newest version while none serves.

    Args:
        deployments: the deployments that serve the model.
        versions: the registered versions of the model.
        preferred: the deployment whose champion counts if it has one: that of the run's pipeline.
    """
    serving = {
        item.metadata.name: item.status.champion
        for item in deployments
        if item.status.champion is not None
    }
    state = serving.get(preferred or "") or max(
        serving.values(), key=lambda item: item.number, default=None
    )
    if state is not None:
        return _of_state(state)
    newest = max(versions, key=lambda item: item.number, default=None)
    return _of_version(newest) if newest is not None else None


def _of_state(state: VersionState) -> ChampionReference:
    return ChampionReference(
        name=state.name,
        number=state.number,
        manifest_key=state.manifest_key,
        manifest_digest=state.manifest_digest,
    )


def _of_version(version: ModelVersionSpec) -> ChampionReference:
    return ChampionReference(
        name=version_name(version.model_name, version.number),
        number=version.number,
        manifest_key=version.artifact.manifest_key,
        manifest_digest=version.artifact.manifest_digest,
        trained_through=version.trained_through,
    )
