"""What a ModelDeployment that serves approved versions says about approvals."""

from collections.abc import Iterator

from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.model_approval import ApprovalDecision
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    DeploymentCondition,
    Reason,
    VersionPolicy,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec, version_name
from tidewheel_operator.policies.approvals import (
    Approval,
    decisive,
    is_approved,
    of_served,
    of_version,
    told,
)
from tidewheel_operator.policies.conditions import condition, stalled
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.roles import Roles

__all__ = ["about_approvals", "asks_for_approval", "nothing_approved", "unapproved_champion"]


def asks_for_approval(view: ModelDeploymentView) -> bool:
    """Tell whether versions wait for people."""
    return view.deployment.spec.version.policy == VersionPolicy.LATEST_APPROVED


def nothing_approved(view: ModelDeploymentView) -> tuple[Condition, ...]:
    """Say that no version may serve, and how to approve the newest one, which there is."""
    newest = max(view.versions, key=lambda item: item.number)
    name = _name(newest)
    last = decisive(of_version(view.approvals, newest))
    about = f"the newest is '{name}'" if last is None else told(last)
    message = (
        f"no version of model '{newest.model_name}' is approved; {about}. {_how_to_approve(name)}"
    )
    return stalled(Reason.WAITING_FOR_APPROVAL, message)


def unapproved_champion(view: ModelDeploymentView, roles: Roles) -> tuple[Condition, ...]:
    """Say that a person must act, when what serves alone is not approved."""
    found = _unapproved(view, roles)
    return tuple(item.model_copy(update={"type": ConditionType.STALLED}) for item in found)


def about_approvals(view: ModelDeploymentView, roles: Roles) -> Iterator[Condition]:
    """Return the conditions beside Ready: what serves unapproved, and what waits."""
    if asks_for_approval(view):
        yield from _unapproved(view, roles)
        yield from _pending(view, roles)


def _unapproved(view: ModelDeploymentView, roles: Roles) -> Iterator[Condition]:
    champion = roles.champion
    if champion is None or not asks_for_approval(view):
        return
    decisions = of_served(view.approvals, champion)
    if is_approved(decisions):
        return
    last = decisive(decisions)
    cause = told(last) if last is not None else f"nobody has approved '{champion.name}'"
    message = f"version {champion.number} serves {_until(roles.candidate)}: {cause}"
    yield condition(DeploymentCondition.UNAPPROVED, _reason(last), message)


def _until(candidate: VersionState | None) -> str:
    if candidate is not None:
        return f"without an approval until version {candidate.number} answers"
    return "on without an approval, because no other version is approved"


def _reason(last: Approval | None) -> Reason:
    if last is None:
        return Reason.WAITING_FOR_APPROVAL
    if last.spec.revocation is not None and last.spec.decision == ApprovalDecision.APPROVED:
        return Reason.APPROVAL_REVOKED
    return Reason.REJECTED if last.spec.revocation is None else Reason.WAITING_FOR_APPROVAL


def _pending(view: ModelDeploymentView, roles: Roles) -> Iterator[Condition]:
    """Tell of the newest version that nobody has decided about, if it is newer than what serves."""
    present = [state.number for state in (roles.champion, roles.candidate) if state is not None]
    undecided = [
        item
        for item in view.versions
        if present and item.number > max(present) and not of_version(view.approvals, item)
    ]
    newest = max(undecided, key=lambda item: item.number, default=None)
    if newest is not None:
        message = f"version {newest.number} waits for a decision. {_how_to_approve(_name(newest))}"
        yield condition(DeploymentCondition.APPROVAL_PENDING, Reason.WAITING_FOR_APPROVAL, message)


def _how_to_approve(name: str) -> str:
    return (
        f"To approve it, `kubectl create -f` a ModelApproval with `modelVersionName: {name}`, "
        "`decision: Approved`, a `reason`, and as `approver` the name that `kubectl auth whoami` "
        "tells you"
    )


def _name(version: ModelVersionSpec) -> str:
    return version_name(version.model_name, version.number)
