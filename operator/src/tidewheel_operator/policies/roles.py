"""Which version is champion, candidate or warm, and how that changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    ModelDeploymentSpec,
    ModelDeploymentStatus,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, version_name
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.observed import from_time, to_time
from tidewheel_operator.policies.version_choice import wanted_version
from tidewheel_operator.policies.workload_state import WorkloadState

__all__ = ["Roles", "next_roles", "roles_of", "warm_seconds_left"]

_MOST_WARM = 4


@dataclass(frozen=True, slots=True)
class Roles:
    """Who serves, who comes, who stays warm."""

    champion: VersionState | None = None
    candidate: VersionState | None = None
    warm: tuple[VersionState, ...] = ()

    @property
    def all(self) -> tuple[VersionState, ...]:
        """Return every version that has a role."""
        held = (self.champion, self.candidate, *self.warm)
        return tuple(state for state in held if state is not None)


def roles_of(status: ModelDeploymentStatus) -> Roles:
    """Return the roles that a status holds."""
    return Roles(status.champion, status.candidate, status.warm)


def next_roles(
    roles: Roles,
    spec: ModelDeploymentSpec,
    versions: Sequence[ModelVersionSpec],
    approvals: Sequence[Approval],
    workloads: Sequence[WorkloadState],
    now: datetime,
    aliases: Sequence[ModelAliasSpec] = (),
) -> Roles:
    """Return the roles as they shall be next; equal to `roles` when nothing is to change."""
    candidate = roles.candidate
    wanted = wanted_version(roles.champion, spec.version, versions, approvals, aliases)
    if wanted is None or (roles.champion is not None and wanted.number == roles.champion.number):
        return _expire(replace(roles, candidate=None), spec, now)
    if candidate is not None and candidate.number == wanted.number:
        if _is_complete(candidate, workloads):
            return _promote(roles, candidate, now)
        return _expire(roles, spec, now)
    # A version that is still warm becomes the candidate as it is, so rolling back is quick.
    warm = tuple(state for state in roles.warm if state.number != wanted.number)
    return replace(roles, candidate=_state(wanted, now), warm=warm)


def warm_seconds_left(roles: Roles, spec: ModelDeploymentSpec, now: datetime) -> float | None:
    """Return the seconds until the first warm version may go; nothing when none is warm."""
    window = timedelta(seconds=spec.rollback_window_seconds)
    ends = [from_time(state.since_time) + window for state in roles.warm]
    return max(0.0, (min(ends) - now).total_seconds()) if ends else None


def _promote(roles: Roles, candidate: VersionState, now: datetime) -> Roles:
    moment = to_time(now)
    warm = tuple(state for state in roles.warm if state.number != candidate.number)
    if roles.champion is not None:
        warm = (roles.champion.model_copy(update={"since_time": moment}), *warm)
    return Roles(
        champion=candidate.model_copy(update={"since_time": moment}), warm=warm[:_MOST_WARM]
    )


def _expire(roles: Roles, spec: ModelDeploymentSpec, now: datetime) -> Roles:
    window = timedelta(seconds=spec.rollback_window_seconds)
    kept = tuple(state for state in roles.warm if now < from_time(state.since_time) + window)
    return replace(roles, warm=kept)


def _is_complete(state: VersionState, workloads: Sequence[WorkloadState]) -> bool:
    return any(item.number == state.number and item.is_complete for item in workloads)


def _state(version: ModelVersionSpec, now: datetime) -> VersionState:
    return VersionState(
        name=version_name(version.model_name, version.number),
        number=version.number,
        manifest_key=version.artifact.manifest_key,
        manifest_digest=version.artifact.manifest_digest,
        artifact_digest=version.artifact.digest,
        since_time=to_time(now),
    )
