"""Versions of one model, in their roles and with their pods."""

from datetime import datetime, timedelta

from tests.builders import NOW, make_version, time_text
from tests.unit.operator.observations import observed

from tidewheel_contracts.api.v1alpha1.model_deployment import VersionState
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_operator.policies.workload_state import WorkloadState

EARLIER = NOW - timedelta(seconds=100)


def versions(*numbers: int) -> tuple[ModelVersionSpec, ...]:
    """Return registered versions."""
    return tuple(observed(make_version(number)).spec for number in numbers)


def state(number: int, since: datetime = EARLIER) -> VersionState:
    """Return a version in a role."""
    [version] = versions(number)
    return VersionState(
        name=f"flight-delay-v{number}",
        number=number,
        manifest_key=version.artifact.manifest_key,
        manifest_digest=version.artifact.manifest_digest,
        artifact_digest=version.artifact.digest,
        since_time=time_text(since),
    )


def complete(*numbers: int) -> tuple[WorkloadState, ...]:
    """Return versions all of whose pods answer."""
    return tuple(WorkloadState(number, ready_replicas=1, is_complete=True) for number in numbers)


def starting(number: int) -> WorkloadState:
    """Return a version none of whose pods answers yet."""
    return WorkloadState(number, ready_replicas=0, is_complete=False)
