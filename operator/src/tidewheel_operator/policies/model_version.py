"""ModelVersion: registered means deployable; what people decide about it is told beside."""

from collections.abc import Sequence
from datetime import datetime

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.common import Status
from tidewheel_contracts.api.v1alpha1.model_approval import ApprovalDecision
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    Reason,
    VersionCondition,
)
from tidewheel_operator.policies.approvals import Approval, decisive, of_version, told
from tidewheel_operator.policies.conditions import condition
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.settled import accept

__all__ = ["decide"]


def decide(
    version: Observed[ModelVersionSpec, Status], approvals: Sequence[Approval], now: datetime
) -> Decision[Status]:
    """Return the decision that says that the version may be deployed, and who approves it."""
    spec = version.spec
    message = f"{spec.verdict} on {spec.training_rows} rows of Dataset '{spec.dataset_name}'"
    found = decisive(of_version(approvals, spec))
    others = (_approved(found),) if found is not None else ()
    return accept(version.metadata, version.status, Reason.REGISTERED, message, now, *others)


def _approved(approval: Approval) -> Condition:
    status, reason = ConditionStatus.FALSE, Reason.REJECTED
    if approval.spec.revocation is not None:
        reason = Reason.REVOKED
    elif approval.spec.decision == ApprovalDecision.APPROVED:
        status, reason = ConditionStatus.TRUE, Reason.APPROVED
    return condition(VersionCondition.APPROVED, reason, told(approval), status=status)
