"""Which version a deployment shall serve, by its policy."""

import pytest
from tests.builders import make_alias
from tests.unit.operator.observations import observed
from tests.unit.operator.policies.approved import approval, judged, rejection, revoked
from tests.unit.operator.policies.served import state, versions

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    VersionChoice,
    VersionPolicy,
    VersionState,
)
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.version_choice import wanted_version

LATEST_APPROVED = VersionChoice(policy=VersionPolicy.LATEST_APPROVED)


def wanted(
    champion: VersionState | None,
    registered: tuple[int, ...],
    *approvals: Approval,
    choice: VersionChoice = LATEST_APPROVED,
    aliases: tuple[ModelAliasSpec, ...] = (),
) -> int | None:
    found = wanted_version(champion, choice, versions(*registered), approvals, aliases)
    return found.number if found is not None else None


@pytest.mark.parametrize(
    ("champion", "registered", "approvals", "number"),
    [
        pytest.param(None, (), (), None, id="nothing is registered"),
        pytest.param(None, (1, 2), (), None, id="nothing is approved"),
        pytest.param(None, (1, 2), (approval(1),), 1, id="an older one is approved"),
        pytest.param(None, (1, 2), (approval(1), approval(2)), 2, id="both are approved"),
        pytest.param(
            None, (1, 2), (approval(1), rejection(2)), 1, id="the newest that was not rejected"
        ),
        pytest.param(None, (1,), (approval(2),), None, id="what is approved is not registered"),
        pytest.param(
            None,
            (1,),
            (approval(1, of=judged(1, run_uid="another run")),),
            None,
            id="a namesake was approved",
        ),
        pytest.param(1, (1, 2), (approval(1),), 1, id="the newer waits"),
        pytest.param(1, (1, 2), (approval(1), approval(2)), 2, id="the newer is approved"),
        pytest.param(2, (1, 2), (approval(1), revoked(2)), 1, id="back after a revocation"),
        pytest.param(2, (1, 2), (approval(1), rejection(2)), 1, id="back after a rejection"),
        pytest.param(2, (1, 2), (approval(1),), 1, id="back from one that was never approved"),
        pytest.param(
            3, (1, 2, 3), (approval(1), revoked(2), revoked(3)), 1, id="back over a revoked one"
        ),
        pytest.param(2, (1, 2), (revoked(2),), None, id="on, because nothing else is approved"),
        pytest.param(
            2, (1,), (approval(1), approval(2)), None, id="on, though its object was deleted"
        ),
        pytest.param(
            2, (1,), (approval(1), revoked(2)), 1, id="back, deleted and revoked as it is"
        ),
        pytest.param(
            2, (1, 3), (approval(2), approval(3)), 3, id="a newer one follows a deleted one"
        ),
    ],
)
def test_latest_approved_goes(
    champion: int | None,
    registered: tuple[int, ...],
    approvals: tuple[Approval, ...],
    number: int | None,
) -> None:
    serving = state(champion) if champion is not None else None

    assert wanted(serving, registered, *approvals) == number


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        pytest.param(VersionChoice(), 3, id="Latest"),
        pytest.param(VersionChoice(policy=VersionPolicy.PINNED, number=1), 1, id="Pinned"),
    ],
)
def test_other_policies_ask_nobody(choice: VersionChoice, number: int) -> None:
    approvals = (rejection(1), approval(2), rejection(3))

    assert wanted(state(2), (1, 2, 3), *approvals, choice=choice) == number


def alias(name: str, number: int) -> ModelAliasSpec:
    spec: ModelAliasSpec = observed(make_alias(name, number)).spec
    return spec


@pytest.mark.parametrize(
    ("aliases", "number"),
    [
        pytest.param((alias("prod", 3),), 3, id="forward"),
        pytest.param((alias("test", 3), alias("prod", 1)), 1, id="back, asking nobody"),
        pytest.param((alias("prod", 9),), None, id="nowhere, for the version is not there"),
        pytest.param((alias("test", 3),), None, id="nowhere, for the alias is not there"),
    ],
)
def test_alias_is_followed(aliases: tuple[ModelAliasSpec, ...], number: int | None) -> None:
    choice = VersionChoice(policy=VersionPolicy.ALIAS, alias="prod")

    assert wanted(state(2), (1, 2, 3), rejection(1), choice=choice, aliases=aliases) == number
