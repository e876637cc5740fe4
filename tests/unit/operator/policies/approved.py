"""Decisions of people about versions of one model."""

from datetime import datetime
from typing import Any

from tests.builders import CREATED, make_approval, make_version, time_text
from tests.unit.operator.observations import observed

from tidewheel_contracts.api.v1alpha1.model_approval import JudgedVersion, ModelApprovalStatus
from tidewheel_operator.policies.approvals import Approval, identity_of

REVOCATION = {"reason": "leak", "revoker": "joe"}


def judged(number: int = 1, **version: Any) -> JudgedVersion:
    """Return what a decision about a version keeps of it."""
    return identity_of(observed(make_version(number, **version)).spec)


def approval(
    number: int = 1,
    name: str = "approval",
    *,
    of: JudgedVersion | None = None,
    at: datetime = CREATED,
    **spec: Any,
) -> Approval:
    """Return a decision whose version was recorded; it approves the registered one by default."""
    status = ModelApprovalStatus(version=of or judged(number))
    metadata = {"creationTimestamp": time_text(at)}
    found: Approval = observed(make_approval(name, number, status, metadata, **spec))
    return found


def rejection(number: int = 1, name: str = "rejection", **fields: Any) -> Approval:
    """Return a decision against a version."""
    return approval(number, name, **{"decision": "Rejected", "reason": "bad", **fields})


def revoked(number: int = 1, name: str = "revoked", **fields: Any) -> Approval:
    """Return an approval that was taken back."""
    return approval(number, name, revocation=REVOCATION, **fields)
