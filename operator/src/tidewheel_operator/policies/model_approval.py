"""ModelApproval: which version it judges, recorded once, and whether the decision counts."""

from dataclasses import dataclass, replace
from datetime import datetime

from tidewheel_contracts.api.conditions import Condition, ConditionStatus, ConditionType
from tidewheel_contracts.api.v1alpha1.model_approval import (
    JudgedVersion,
    ModelApprovalStatus,
    Reason,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, ModelVersionStatus
from tidewheel_operator.policies.approvals import (
    Approval,
    decisive,
    identity_of,
    of_version,
    told,
)
from tidewheel_operator.policies.conditions import condition, ready, stalled, summary
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed

__all__ = ["ApprovalDecision", "ModelApprovalView", "decide"]

Version = Observed[ModelVersionSpec, ModelVersionStatus]
ApprovalDecision = Decision[ModelApprovalStatus]

_AGAIN = "create another ModelApproval for it"


@dataclass(frozen=True, slots=True)
class ModelApprovalView:
    """All that is known of a ModelApproval when a decision about it is made.

    `approvals` are all of the namespace that name the same version; `approval` may be among them.
    """

    approval: Approval
    version: Version | None
    approvals: tuple[Approval, ...]


def decide(view: ModelApprovalView, now: datetime) -> ApprovalDecision:
    """Return the next step of a ModelApproval."""
    before, metadata = view.approval.status, view.approval.metadata
    judged = before.version or _first_sight(view)
    conditions = _conditions(view, judged)
    return Decision(
        status=before.model_copy(
            update={
                "observed_generation": metadata.generation,
                "conditions": summary(before.conditions, metadata, now, conditions),
                "version": judged,
            }
        )
    )


def _first_sight(view: ModelApprovalView) -> JudgedVersion | None:
    """Return the version that was there when it was judged: nobody has seen a later one."""
    version, judged_at = view.version, view.approval.metadata.creation_time
    if version is None or version.metadata.creation_time > judged_at:
        return None
    return identity_of(version.spec)


def _conditions(view: ModelApprovalView, judged: JudgedVersion | None) -> tuple[Condition, ...]:
    approval, name = view.approval, view.approval.spec.model_version_name
    if approval.spec.revocation is not None:
        return _without_effect(Reason.REVOKED, told(approval))
    if view.version is None:
        return _missing(name, judged)
    if judged is None:
        message = f"ModelVersion '{name}' was registered after this was decided; {_AGAIN}"
        return stalled(Reason.SUPERSEDED, message)
    if judged != identity_of(view.version.spec):
        message = f"ModelVersion '{name}' is another than the one that was judged; {_AGAIN}"
        return stalled(Reason.SUPERSEDED, message)
    stands = _standing(view, judged)
    if stands.spec.decision != approval.spec.decision:
        message = f"ModelApproval '{stands.metadata.name}' is newer: {told(stands)}"
        return _without_effect(Reason.OVERRULED, message)
    return ready(Reason.VALID, told(approval))


def _missing(name: str, judged: JudgedVersion | None) -> tuple[Condition, ...]:
    if judged is not None:
        message = f"ModelVersion '{name}' was deleted; a server that still has it may go on"
        return _without_effect(Reason.VERSION_MISSING, message)
    message = (
        f"there is no ModelVersion '{name}'; create a ModelApproval after the version is registered"
    )
    return stalled(Reason.VERSION_MISSING, message)


def _standing(view: ModelApprovalView, judged: JudgedVersion) -> Approval:
    """Return the decision about the version that counts, this one included."""
    assert view.version is not None  # noqa: S101 - decided by the caller
    own = view.approval
    this = replace(own, status=own.status.model_copy(update={"version": judged}))
    others = (item for item in view.approvals if item.metadata.uid != own.metadata.uid)
    return decisive(of_version((this, *others), view.version.spec)) or this


def _without_effect(reason: Reason, message: str) -> tuple[Condition, ...]:
    """The decision does not count, and nobody has to do anything about it."""
    return (condition(ConditionType.READY, reason, message, status=ConditionStatus.FALSE),)
