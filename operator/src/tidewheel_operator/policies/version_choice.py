"""Which version a deployment shall serve, by its policy."""

from collections.abc import Sequence

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    VersionChoice,
    VersionPolicy,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.model_version import ModelVersionSpec
from tidewheel_operator.policies.approvals import Approval, is_approved, of_served, of_version

__all__ = ["chosen_number", "wanted_version"]


def wanted_version(
    champion: VersionState | None,
    choice: VersionChoice,
    versions: Sequence[ModelVersionSpec],
    approvals: Sequence[Approval],
    aliases: Sequence[ModelAliasSpec] = (),
) -> ModelVersionSpec | None:
    """Return the version that shall serve; nothing when no registered one is better.

    No policy goes back because a version is missing: that proves nothing about it. `LatestApproved`
    goes back when the champion is not approved and an older version is; while none is, the champion
    serves on.
    """
    if choice.policy in (VersionPolicy.PINNED, VersionPolicy.ALIAS):
        number = chosen_number(choice, aliases)
        return next((item for item in versions if item.number == number), None)
    if choice.policy == VersionPolicy.LATEST:
        return _newest(versions, champion)
    approved = [item for item in versions if is_approved(of_version(approvals, item))]
    keeps = champion is not None and is_approved(of_served(approvals, champion))
    return _newest(approved, champion if keeps else None)


def chosen_number(choice: VersionChoice, aliases: Sequence[ModelAliasSpec]) -> int | None:
    """Return the number that a person chose, by itself or by an alias; nothing without one."""
    if choice.policy == VersionPolicy.ALIAS:
        return next((item.number for item in aliases if item.alias == choice.alias), None)
    return choice.number


def _newest(
    versions: Sequence[ModelVersionSpec], least: VersionState | None
) -> ModelVersionSpec | None:
    newest = max(versions, key=lambda item: item.number, default=None)
    if newest is None or (least is not None and newest.number < least.number):
        return None
    return newest
