"""ModelVersion: registered means deployable; what people decide about it, and where it serves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tidewheel_contracts.api.conditions import Condition, ConditionStatus
from tidewheel_contracts.api.v1alpha1.model_approval import ApprovalDecision
from tidewheel_contracts.api.v1alpha1.model_version import (
    ModelVersionSpec,
    ModelVersionStatus,
    Reason,
    VersionCondition,
)
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine
from tidewheel_operator.policies.approvals import Approval, decisive, of_version, told
from tidewheel_operator.policies.conditions import condition
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.observed import Observed
from tidewheel_operator.policies.serving_periods import Deployments, periods
from tidewheel_operator.policies.settled import accept

__all__ = ["Version", "decide"]

Version = Observed[ModelVersionSpec, ModelVersionStatus]


def decide(
    version: Version, approvals: Sequence[Approval], deployments: Deployments, now: datetime
) -> Decision[ModelVersionStatus]:
    """Return the decision that says that the version may be deployed, who approves it, and where
    it serves.
    """
    spec = version.spec
    message = f"{spec.verdict} on {spec.training_rows} rows of Dataset '{spec.dataset_name}'"
    found = decisive(of_version(approvals, spec))
    others = [_approved(found)] if found is not None else []
    if spec.engine is not None:
        others.append(_engine_chosen(spec.engine))
    decision = accept(version.metadata, version.status, Reason.REGISTERED, message, now, *others)
    serving, served = periods(spec, version.status, deployments, now)
    told_too = {"serving": serving, "served": served}
    return replace(decision, status=decision.status.model_copy(update=told_too))


def _engine_chosen(engine: ServingEngine) -> Condition:
    message = f"{engine.kind} predicts"
    if engine.message:
        message += f", because faster engines do not: {engine.message}"
    return condition(VersionCondition.ENGINE_CHOSEN, Reason(engine.kind), message)


def _approved(approval: Approval) -> Condition:
    status, reason = ConditionStatus.FALSE, Reason.REJECTED
    if approval.spec.revocation is not None:
        reason = Reason.REVOKED
    elif approval.spec.decision == ApprovalDecision.APPROVED:
        status, reason = ConditionStatus.TRUE, Reason.APPROVED
    return condition(VersionCondition.APPROVED, reason, told(approval), status=status)
