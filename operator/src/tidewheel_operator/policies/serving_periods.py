"""Where a version serves and served, as the ModelDeployments tell it.

A period begins and ends when the deployment's status says so. So whoever looks late, or twice, or
at an old list, writes down the same.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.model_version import (
    MOST_PERIODS,
    EndedPeriod,
    ModelVersionSpec,
    ModelVersionStatus,
    ServingPeriod,
    version_name,
)
from tidewheel_operator.policies.observed import Observed, from_time, to_time
from tidewheel_operator.policies.roles import roles_of

__all__ = ["Deployment", "Deployments", "periods"]

Period = TypeVar("Period", bound=ServingPeriod)
Deployment = Observed[ModelDeploymentSpec, ModelDeploymentStatus]


@dataclass(frozen=True, slots=True)
class Deployments:
    """The deployments that may serve a version, and the uids of those that are no more."""

    seen: tuple[Deployment, ...] = ()
    gone: Collection[str] = frozenset()


def periods(
    version: ModelVersionSpec, before: ModelVersionStatus, found: Deployments, now: datetime
) -> tuple[tuple[ServingPeriod, ...], tuple[EndedPeriod, ...]]:
    """Return where the version serves and where it served, the newest first."""
    by_uid = {item.metadata.uid: item for item in found.seen}
    serving: list[ServingPeriod] = []
    ended: list[EndedPeriod] = []
    for period in before.serving:
        until = _end_of(period, version, by_uid.get(period.deployment_uid), found.gone, now)
        if until is None:
            serving.append(period)
        else:
            ended.append(EndedPeriod(**period.model_dump(), until_time=until))
    served = _newest_first([*ended, *before.served])[:MOST_PERIODS]
    began = _began(version, found.seen, before)
    return _newest_first([*began, *serving])[:MOST_PERIODS], served


def _began(
    version: ModelVersionSpec, deployments: Iterable[Deployment], before: ModelVersionStatus
) -> Iterator[ServingPeriod]:
    """Return the periods that are not known yet; one that has ended is known to an old list."""
    open_uids = {period.deployment_uid for period in before.serving}
    ended = {(period.deployment_uid, period.from_time) for period in before.served}
    for deployment in deployments:
        metadata, champion = deployment.metadata, deployment.status.champion
        if champion is None or not _is(version, champion) or metadata.uid in open_uids:
            continue
        if (metadata.uid, champion.since_time) not in ended:
            yield ServingPeriod(
                deployment_name=metadata.name,
                deployment_uid=metadata.uid,
                from_time=champion.since_time,
            )


def _end_of(
    period: ServingPeriod,
    version: ModelVersionSpec,
    deployment: Deployment | None,
    gone: Collection[str],
    now: datetime,
) -> str | None:
    """Return when a period ended; nothing while it goes on, or while nobody can tell."""
    if period.deployment_uid in gone:
        return to_time(now)
    champion = deployment.status.champion if deployment is not None else None
    if deployment is None or champion is None or _is(version, champion):
        return None
    if from_time(champion.since_time) < from_time(period.from_time):
        return None  # the deployment as it was before
    warm = next((state for state in roles_of(deployment.status).warm if _is(version, state)), None)
    # Since when it is warm is when it was replaced, though others may have served since.
    return (warm or champion).since_time


def _is(version: ModelVersionSpec, state: VersionState) -> bool:
    """Tell whether a role is that of this version: a namesake has another manifest."""
    name = version_name(version.model_name, version.number)
    return (state.name, state.manifest_digest) == (name, version.artifact.manifest_digest)


def _newest_first(found: Sequence[Period]) -> tuple[Period, ...]:
    return tuple(
        sorted(
            found, key=lambda item: (from_time(item.from_time), item.deployment_name), reverse=True
        )
    )
