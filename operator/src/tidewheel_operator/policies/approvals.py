"""Which decision about a version counts: the newest one that was not taken back.

A decision is of one version, which its status holds by its run and its manifest. So it is lost with
a version that is made anew under its name, and is kept by one that serves on after its object went.
"""

from collections.abc import Iterable

from tidewheel_contracts.api.v1alpha1.model_approval import (
    ApprovalDecision,
    JudgedVersion,
    ModelApprovalSpec,
    ModelApprovalStatus,
)
from tidewheel_contracts.api.v1alpha1.model_deployment import VersionState
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, version_name
from tidewheel_operator.policies.observed import Observed

__all__ = ["Approval", "decisive", "identity_of", "is_approved", "of_served", "of_version", "told"]

Approval = Observed[ModelApprovalSpec, ModelApprovalStatus]


def identity_of(version: ModelVersionSpec) -> JudgedVersion:
    """Return what tells a version from every other that has, had or will have its name."""
    return JudgedVersion(run_uid=version.run.uid, manifest_digest=version.artifact.manifest_digest)


def of_version(approvals: Iterable[Approval], version: ModelVersionSpec) -> tuple[Approval, ...]:
    """Return the decisions about a registered version."""
    name, identity = version_name(version.model_name, version.number), identity_of(version)
    return tuple(item for item in _of_name(approvals, name) if item.status.version == identity)


def of_served(approvals: Iterable[Approval], state: VersionState) -> tuple[Approval, ...]:
    """Return the decisions about a version that has a role, whether it is registered or not."""
    return tuple(
        item
        for item in _of_name(approvals, state.name)
        if item.status.version is not None
        and item.status.version.manifest_digest == state.manifest_digest
    )


def decisive(approvals: Iterable[Approval]) -> Approval | None:
    """Return, of the decisions about one version, the one that counts; a revoked one is the last.

    Of two that were made in the same second, a rejection counts.
    """
    return max(approvals, key=_weight, default=None)


def is_approved(approvals: Iterable[Approval]) -> bool:
    """Tell whether the decisions about one version approve it."""
    found = decisive(approvals)
    return (
        found is not None
        and found.spec.revocation is None
        and found.spec.decision == ApprovalDecision.APPROVED
    )


def told(approval: Approval) -> str:
    """Return who decided what, and why."""
    spec = approval.spec
    if spec.revocation is not None:
        act = "approval" if spec.decision == ApprovalDecision.APPROVED else "rejection"
        return (
            f"'{spec.revocation.revoker}' revoked the {act} of '{spec.model_version_name}' by "
            f"'{spec.approver}': {spec.revocation.reason}"
        )
    verb = spec.decision.value.lower()
    return f"'{spec.approver}' {verb} '{spec.model_version_name}': {spec.reason}"


def _of_name(approvals: Iterable[Approval], name: str) -> Iterable[Approval]:
    return (item for item in approvals if item.spec.model_version_name == name)


def _weight(approval: Approval) -> tuple[bool, str, bool, str]:
    spec, metadata = approval.spec, approval.metadata
    return (
        spec.revocation is None,
        metadata.creation_time,
        spec.decision == ApprovalDecision.REJECTED,
        metadata.name,
    )
