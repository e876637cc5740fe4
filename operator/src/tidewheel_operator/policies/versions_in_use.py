"""Which versions no limit removes: those that somebody serves, chose, may go back to, learns by."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
)
from tidewheel_contracts.api.v1alpha1.model_pipeline import ModelPipelineSpec, ModelPipelineStatus
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    ModelVersionStatus,
    version_name,
)
from tidewheel_operator.policies.approvals import Approval, is_approved, of_version
from tidewheel_operator.policies.model_alias import Alias
from tidewheel_operator.policies.model_pipeline_view import Run, model_name
from tidewheel_operator.policies.observed import Observed, from_time
from tidewheel_operator.policies.roles import roles_of

__all__ = ["Past", "Version", "versions_in_use"]

Pipeline = Observed[ModelPipelineSpec, ModelPipelineStatus]
Deployment = Observed[ModelDeploymentSpec, ModelDeploymentStatus]
Version = Observed[ModelVersionSpec, ModelVersionStatus]


@dataclass(frozen=True, slots=True)
class Past:
    """All runs and versions of a namespace, and all that may hold on to a version.

    `is_complete` is false when one of the holders cannot be read: then no version goes.
    """

    runs: tuple[Run, ...]
    versions: tuple[Version, ...]
    deployments: tuple[Deployment, ...]
    pipelines: tuple[Pipeline, ...]
    approvals: tuple[Approval, ...] = ()
    aliases: tuple[Alias, ...] = ()
    is_complete: bool = True


def versions_in_use(past: Past, model: str) -> frozenset[str]:
    """Return the names of the versions that stay, those of a model at least."""
    return frozenset((*_newest(past, model), *_chosen(past), *_served(past), *_learned_by(past)))


def _newest(past: Past, model: str) -> Iterator[str]:
    """The newest version, and the newest of those that may serve where people decide."""
    registered = [
        item
        for item in past.versions
        if item.spec.model_name == model and not item.metadata.is_being_deleted
    ]
    approved = [item for item in registered if is_approved(of_version(past.approvals, item.spec))]
    for items in (registered, approved):
        newest = max(items, key=lambda item: item.spec.number, default=None)
        if newest is not None:
            yield newest.metadata.name


def _chosen(past: Past) -> Iterator[str]:
    for alias in past.aliases:
        yield version_name(alias.spec.model_name, alias.spec.number)
    for deployment in past.deployments:
        yield from _names(deployment.spec.model_name, deployment.spec.version.number)
    for pipeline in past.pipelines:
        serving = pipeline.spec.deployment
        yield from _names(
            model_name(pipeline), serving.version.number if serving is not None else None
        )


def _served(past: Past) -> Iterator[str]:
    for deployment in past.deployments:
        yield from (state.name for state in roles_of(deployment.status).all)
        yield from _before_the_champion(past, deployment)
    for pipeline in past.pipelines:
        yield from _names(model_name(pipeline), pipeline.status.champion_number)
    for version in past.versions:
        if version.status.serving:
            yield version.metadata.name


def _before_the_champion(past: Past, deployment: Deployment) -> Iterator[str]:
    """The version to go back to, long after it is warm no more: the last that served before.

    One that still says that it serves has been replaced this moment.
    """
    champion, uid = deployment.status.champion, deployment.metadata.uid
    others = [
        version
        for version in past.versions
        if champion is None or version.metadata.name != champion.name
    ]
    replaced = [
        version.metadata.name
        for version in others
        if any(period.deployment_uid == uid for period in version.status.serving)
    ]
    ended = sorted(
        (from_time(period.until_time), version.metadata.name)
        for version in others
        for period in version.status.served
        if period.deployment_uid == uid
    )
    yield from replaced or [name for _, name in ended[-1:]]


def _learned_by(past: Past) -> Iterator[str]:
    for run in past.runs:
        if run.status.completion_time is None:
            yield from _names(run.spec.model_name, run.status.version_number)
            if run.status.champion is not None:
                yield run.status.champion.name


def _names(model: str, number: int | None) -> tuple[str, ...]:
    return (version_name(model, number),) if number is not None else ()
