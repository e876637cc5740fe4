"""What a ModelDeployment says of its roles, its pods and the version that a person chose."""

import dataclasses
from typing import Any

import pytest
from tests.builders import NOW, make_alias, time_text
from tests.unit.operator.observations import conditions, observed
from tests.unit.operator.policies.deployments import FOLLOWING, SERVING, status, view
from tests.unit.operator.policies.served import complete, starting, state

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_operator.policies.model_deployment import decide
from tidewheel_operator.policies.pod_state import PodProblem
from tidewheel_operator.policies.workload_state import WorkloadState

PROBLEM = PodProblem("ArtifactDamaged", "bytes do not match")
PROD_IS_9: ModelAliasSpec = observed(make_alias("prod", 9)).spec
PINNED: dict[str, Any] = {"version": {"policy": "Pinned", "number": 1}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"status": status(candidate=state(1)), "registered": (1,), "workloads": (starting(1),)},
            conditions("Starting", "version 1 starts", "Reconciling"),
            id="the first version starts",
        ),
        pytest.param(
            {
                "status": status(candidate=state(1)),
                "registered": (1,),
                "workloads": (dataclasses.replace(starting(1), problem=PROBLEM),),
            },
            conditions("ArtifactDamaged", "bytes do not match", "Stalled"),
            id="the first version does not start",
        ),
        pytest.param(
            {"status": SERVING, "registered": (1,)},
            conditions("Degraded", "0 of 1 pods of version 1 answer", "Reconciling"),
            id="no champion pod answers",
        ),
        pytest.param(
            {
                "status": SERVING,
                "registered": (1,),
                "workloads": (dataclasses.replace(starting(1), problem=PROBLEM),),
            },
            conditions(
                "Degraded",
                "0 of 1 pods of version 1 answer: bytes do not match",
                "Reconciling",
            ),
            id="a champion pod says what is wrong",
        ),
        pytest.param(
            {
                "status": status(champion=state(1), candidate=state(2)),
                "registered": (1, 2),
                "workloads": (*complete(1), starting(2)),
            },
            conditions(
                "RollingOut",
                "version 1 serves until all pods of version 2 answer",
                "Reconciling",
                ready="True",
            ),
            id="a candidate starts beside the champion",
        ),
        pytest.param(
            {"version": {"policy": "Pinned", "number": 9}},
            conditions(
                "VersionNotFound", "version 9 of model 'flight-delay' is not registered", "Stalled"
            ),
            id="the pinned version is not registered and nothing serves",
        ),
        pytest.param(
            {"registered": (1,), **FOLLOWING},
            conditions(
                "AliasMissing",
                "there is no ModelAlias 'flight-delay-prod'; create it",
                "Stalled",
            ),
            id="the alias is missing and nothing serves",
        ),
        pytest.param(
            {"registered": (1,), "aliases": (PROD_IS_9,), **FOLLOWING},
            conditions(
                "VersionNotFound",
                "ModelAlias 'flight-delay-prod' points at version 9 of model 'flight-delay', which "
                "is not registered",
                "Stalled",
            ),
            id="the alias points at nothing and nothing serves",
        ),
    ],
)
def test_what_a_deployment_says(given: dict[str, Any], expected: tuple[Condition, ...]) -> None:
    said = decide(view(**given), NOW).status.conditions

    assert tuple(item for item in said if item.type != "Pinned") == expected


def test_candidate_that_does_not_load_stalls_beside_a_ready_champion() -> None:
    before = status(champion=state(1), candidate=state(2))
    broken = dataclasses.replace(starting(2), problem=PROBLEM)

    decision = decide(view(before, registered=(1, 2), workloads=(*complete(1), broken)), NOW)

    message = "version 1 serves; version 2 does not start: bytes do not match"
    [ready] = conditions("LoadFailed", message, ready="True")
    assert decision.status.conditions == (
        ready,
        ready.model_copy(update={"type": "Stalled", "reason": "ArtifactDamaged"}),
    )


def test_champion_whose_new_pods_do_not_start_serves_from_those_before_and_says_so() -> None:
    refused = PodProblem("SignatureMissing", "Version 'flight-delay-v1' is not signed")
    pods = WorkloadState(1, ready_replicas=1, is_complete=False, problem=refused)

    decision = decide(view(SERVING, registered=(1,), workloads=(pods,)), NOW)

    message = f"version 1 serves; its new pods do not start: {refused.message}"
    [ready] = conditions("Serving", message, ready="True")
    assert decision.status.conditions == (
        ready.model_copy(update={"last_transition_time": time_text(NOW)}),
        ready.model_copy(update={"type": "Stalled", "reason": "SignatureMissing"}),
    )


def test_pinned_deployment_says_so() -> None:
    decision = decide(view(SERVING, registered=(1, 2), workloads=complete(1), **PINNED), NOW)

    [pinned] = conditions("PinnedBySpec", "version 1 was chosen; newer versions wait", ready="True")
    assert decision.status.conditions == (
        *SERVING.conditions,
        pinned.model_copy(update={"type": "Pinned"}),
    )


def test_champion_serves_while_the_pinned_version_is_not_registered() -> None:
    pinned_to_9: dict[str, Any] = {"version": {"policy": "Pinned", "number": 9}}

    decision = decide(view(SERVING, registered=(1,), workloads=complete(1), **pinned_to_9), NOW)

    ready, stalled, pinned = decision.status.conditions
    assert (ready,) == SERVING.conditions
    assert (stalled.type, stalled.reason, stalled.message) == (
        "Stalled",
        "VersionNotFound",
        "version 9 of model 'flight-delay' is not registered; version 1 serves",
    )
    assert pinned.type == "Pinned"


@pytest.mark.parametrize(
    ("aliases", "reason", "message"),
    [
        pytest.param(
            (),
            "AliasMissing",
            "there is no ModelAlias 'flight-delay-prod'; create it; version 1 serves",
            id="deleted",
        ),
        pytest.param(
            (PROD_IS_9,),
            "VersionNotFound",
            "ModelAlias 'flight-delay-prod' points at version 9 of model 'flight-delay', which is "
            "not registered; version 1 serves",
            id="moved to a version that is not registered",
        ),
    ],
)
def test_champion_serves_on_while_its_alias_is(
    aliases: tuple[ModelAliasSpec, ...], reason: str, message: str
) -> None:
    given = view(SERVING, registered=(1, 2), workloads=complete(1), aliases=aliases, **FOLLOWING)

    decision = decide(given, NOW)

    ready, stalled = decision.status.conditions
    assert (ready,) == SERVING.conditions
    assert (stalled.type, stalled.reason, stalled.message) == ("Stalled", reason, message)
    assert decision.status.champion == state(1)
