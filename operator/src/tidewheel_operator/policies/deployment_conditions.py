"""What a ModelDeployment says about itself, given its roles and its pods."""

from collections.abc import Iterator

from tidewheel_contracts.api.conditions import Condition, ConditionType
from tidewheel_contracts.api.v1alpha1.model_alias import alias_object_name
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    DeploymentCondition,
    Reason,
    VersionPolicy,
    VersionState,
)
from tidewheel_operator.policies.approval_conditions import (
    about_approvals,
    asks_for_approval,
    nothing_approved,
    unapproved_champion,
)
from tidewheel_operator.policies.conditions import condition, ready, stalled, working
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.roles import Roles
from tidewheel_operator.policies.version_choice import chosen_number
from tidewheel_operator.policies.workload_state import WorkloadState

__all__ = ["deployment_conditions"]


def deployment_conditions(view: ModelDeploymentView, roles: Roles) -> tuple[Condition, ...]:
    """Return the conditions of a ModelDeployment with these roles."""
    main = _champion(view, roles) if roles.champion is not None else _without(view, roles)
    return (*main, *_special(view, roles))


def _without(view: ModelDeploymentView, roles: Roles) -> tuple[Condition, ...]:
    if roles.candidate is None:
        return _nothing_to_serve(view)
    problem = _problem(view, roles.candidate.number)
    if problem is not None:
        return stalled(*problem)
    return working(Reason.STARTING, f"version {roles.candidate.number} starts")


def _nothing_to_serve(view: ModelDeploymentView) -> tuple[Condition, ...]:
    spec = view.deployment.spec
    missing = _chosen_is_missing(view)
    if missing is not None:
        return stalled(*missing)
    if view.versions and asks_for_approval(view):
        return nothing_approved(view)
    return working(Reason.NO_VERSION, f"model '{spec.model_name}' has no version yet")


def _champion(view: ModelDeploymentView, roles: Roles) -> tuple[Condition, ...]:
    assert roles.champion is not None  # noqa: S101 - decided by the caller
    number = roles.champion.number
    serving = _workload(view, number)
    if serving is None or serving.ready_replicas < view.deployment.spec.replicas:
        answering = serving.ready_replicas if serving is not None else 0
        message = f"{answering} of {view.deployment.spec.replicas} pods of version {number} answer"
        problem = _problem(view, number)
        text = f"{message}: {problem[1]}" if problem is not None else message
        return working(Reason.DEGRADED, text)
    if roles.candidate is not None:
        return _rolling_out(view, number, roles.candidate.number)
    stuck = None if serving.is_complete else _problem(view, number)
    if stuck is not None:
        message = f"version {number} serves; its new pods do not start: {stuck[1]}"
        return (
            *ready(Reason.SERVING, message),
            condition(ConditionType.STALLED, stuck[0], message),
        )
    missing = _chosen_is_missing(view)
    if missing is not None:
        reason, message = missing
        return (
            *ready(Reason.SERVING, f"version {number} serves"),
            condition(ConditionType.STALLED, reason, f"{message}; version {number} serves"),
        )
    return (*ready(Reason.SERVING, f"version {number} serves"), *unapproved_champion(view, roles))


def _rolling_out(view: ModelDeploymentView, champion: int, candidate: int) -> tuple[Condition, ...]:
    problem = _problem(view, candidate)
    if problem is not None:
        message = f"version {champion} serves; version {candidate} does not start: {problem[1]}"
        return (
            *ready(Reason.LOAD_FAILED, message),
            condition(ConditionType.STALLED, problem[0], message),
        )
    message = f"version {champion} serves until all pods of version {candidate} answer"
    return (
        *ready(Reason.ROLLING_OUT, message),
        condition(ConditionType.RECONCILING, Reason.ROLLING_OUT, message),
    )


def _special(view: ModelDeploymentView, roles: Roles) -> tuple[Condition, ...]:
    found: list[Condition] = []
    if roles.champion is not None:
        found.extend(_missing(view, roles.champion))
    version = view.deployment.spec.version
    if version.policy == VersionPolicy.PINNED:
        message = f"version {version.number} was chosen; newer versions wait"
        found.append(condition(DeploymentCondition.PINNED, Reason.PINNED_BY_SPEC, message))
    return (*found, *about_approvals(view, roles))


def _missing(view: ModelDeploymentView, champion: VersionState) -> Iterator[Condition]:
    """Tell when the champion's version is gone; a namesake with another artifact is another."""
    digests = {version.number: version.artifact.manifest_digest for version in view.versions}
    digest, name = digests.get(champion.number), champion.name
    if digest is None:
        message = f"ModelVersion '{name}' was deleted; its artifact still serves"
        yield condition(DeploymentCondition.VERSION_MISSING, Reason.DELETED, message)
    elif digest != champion.manifest_digest:
        message = (
            f"ModelVersion '{name}' was replaced by one of another artifact; the artifact of the "
            "one before still serves. A version never changes: register another number"
        )
        yield condition(DeploymentCondition.VERSION_MISSING, Reason.REPLACED, message)


def _chosen_is_missing(view: ModelDeploymentView) -> tuple[Reason, str] | None:
    """Return what is missing of the version that a person chose, by its number or an alias."""
    spec = view.deployment.spec
    choice, model = spec.version, spec.model_name
    if choice.policy not in (VersionPolicy.PINNED, VersionPolicy.ALIAS):
        return None
    number = chosen_number(choice, view.aliases)
    if any(item.number == number for item in view.versions):
        return None
    if choice.alias is None:
        return Reason.VERSION_NOT_FOUND, f"version {number} of model '{model}' is not registered"
    name = alias_object_name(model, choice.alias)
    if number is None:
        return Reason.ALIAS_MISSING, f"there is no ModelAlias '{name}'; create it"
    return (
        Reason.VERSION_NOT_FOUND,
        f"ModelAlias '{name}' points at version {number} of model '{model}', which is not "
        "registered",
    )


def _workload(view: ModelDeploymentView, number: int) -> WorkloadState | None:
    return next((item for item in view.workloads if item.number == number), None)


def _problem(view: ModelDeploymentView, number: int) -> tuple[str, str] | None:
    workload = _workload(view, number)
    if workload is None or workload.problem is None:
        return None
    return workload.problem.reason, workload.problem.message
