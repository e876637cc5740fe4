"""A ModelDeployment changes its roles or its objects, never both in one decision."""

import dataclasses
from typing import Any

import pytest
from tests.builders import (
    NOW,
    Object,
    make_alias,
    make_deployment,
    make_store,
    stored,
    time_text,
)
from tests.signing_keys import make_key, signing
from tests.unit.operator.observations import (
    SERVER,
    as_sent,
    conditions,
    observed,
    request_text,
)
from tests.unit.operator.policies.served import complete, starting, state, versions

from tidewheel_contracts.api.conditions import Condition
from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import (
    DeployedVersion,
    ModelDeploymentStatus,
    Role,
    VersionState,
)
from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.serving import ServeRequest
from tidewheel_operator.policies.approvals import Approval
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_deployment import decide
from tidewheel_operator.policies.model_deployment_view import ModelDeploymentView
from tidewheel_operator.policies.pod_state import PodProblem
from tidewheel_operator.policies.workload_state import WorkloadState

ENDPOINT = "http://flight-delay.ml.svc/v2/models/flight-delay"
PROBLEM = PodProblem("ArtifactDamaged", "bytes do not match")


def view(
    status: ModelDeploymentStatus | None = None,
    *,
    registered: tuple[int, ...] = (),
    approvals: tuple[Approval, ...] = (),
    workloads: tuple[WorkloadState, ...] = (),
    deployments: tuple[Object, ...] = (),
    services: tuple[Object, ...] = (),
    has_store: bool = True,
    aliases: tuple[ModelAliasSpec, ...] = (),
    **spec: Any,
) -> ModelDeploymentView:
    return ModelDeploymentView(
        deployment=observed(make_deployment(status=status, **spec)),
        versions=versions(*registered),
        approvals=approvals,
        store=observed(make_store()).spec if has_store else None,
        deployments=deployments,
        services=services,
        workloads=workloads,
        image=SERVER,
        aliases=aliases,
    )


def status(*said: Condition, **fields: Any) -> ModelDeploymentStatus:
    return ModelDeploymentStatus(observed_generation=1, conditions=said, **fields)


def row(number: int, role: Role, ready: int = 1) -> DeployedVersion:
    return DeployedVersion(number=number, role=role, replicas=1, ready_replicas=ready)


SERVING = status(
    *conditions("Serving", "version 1 serves", ready="True"),
    champion=state(1),
    versions=(row(1, Role.CHAMPION),),
    endpoint=ENDPOINT,
)


FOLLOWING: dict[str, Any] = {"version": {"policy": "Alias", "alias": "prod"}}
PROD_IS_9: ModelAliasSpec = observed(make_alias("prod", 9)).spec


def names(objects: tuple[Object, ...]) -> list[tuple[str, str]]:
    return [(item["kind"], item["metadata"]["name"]) for item in objects]


def test_nothing_is_made_before_there_is_a_version() -> None:
    assert decide(view(), NOW) == Decision(
        status=status(
            *conditions("NoVersion", "model 'flight-delay' has no version yet", "Reconciling")
        )
    )


def test_role_goes_into_status_before_its_objects_are_made() -> None:
    decision = decide(view(registered=(1,)), NOW)

    assert decision == Decision(
        status=status(
            *conditions("Starting", "version 1 starts", "Reconciling"),
            candidate=state(1, NOW),
            versions=(row(1, Role.CANDIDATE, ready=0),),
        )
    )


def test_candidate_gets_a_deployment_and_a_service_and_no_traffic() -> None:
    before = status(candidate=state(1))

    decision = decide(view(before, registered=(1,)), NOW)

    assert names(decision.apply) == [
        ("Deployment", "flight-delay-v1"),
        ("Service", "flight-delay-v1"),
    ]
    assert decision.status.endpoint is None


def test_switch_is_written_before_the_stable_service_follows() -> None:
    before = status(*SERVING.conditions, champion=state(1), candidate=state(2), endpoint=ENDPOINT)

    promoted = decide(view(before, registered=(1, 2), workloads=complete(1, 2)), NOW)
    followed = decide(view(promoted.status, registered=(1, 2), workloads=complete(1, 2)), NOW)

    assert promoted == Decision(
        status=status(
            *conditions("Serving", "version 2 serves", ready="True"),
            champion=state(2, NOW),
            warm=(state(1, NOW),),
            versions=(row(1, Role.WARM), row(2, Role.CHAMPION)),
            endpoint=ENDPOINT,
        )
    )
    assert names(followed.apply) == [
        ("Deployment", "flight-delay-v2"),
        ("Service", "flight-delay-v2"),
        ("Deployment", "flight-delay-v1"),
        ("Service", "flight-delay-v1"),
        ("Service", "flight-delay"),
    ]
    assert followed.apply[-1]["spec"]["selector"]["tidewheel.dev/version"] == "2"
    assert dataclasses.replace(followed, apply=()) == Decision(
        status=promoted.status, requeue_seconds=600.0
    )


def test_objects_without_a_role_are_deleted() -> None:
    objects = decide(view(SERVING, registered=(1,), workloads=complete(1)), NOW).apply
    serving, service, stable = (stored(item) for item in objects)
    old = stored(decide(view(status(candidate=state(2)), registered=(2,)), NOW).apply[0])

    decision = decide(
        view(
            SERVING,
            registered=(1,),
            workloads=complete(1, 2),
            deployments=(serving, old),
            services=(service, stable),
        ),
        NOW,
    )

    assert decision.delete == (old,)
    assert [as_sent(item) for item in (serving, service, stable)] == list(decision.apply)


def test_deployment_of_a_deleted_version_serves_on_and_says_so() -> None:
    message = "ModelVersion 'flight-delay-v1' was deleted; its artifact still serves"
    [missing] = conditions("Deleted", message)

    decision = decide(view(SERVING, workloads=complete(1)), NOW)

    assert names(decision.apply)[-1] == ("Service", "flight-delay")
    assert decision.status.conditions == (
        *SERVING.conditions,
        missing.model_copy(update={"type": "VersionMissing", "status": "True"}),
    )


def test_missing_store_stops_changes_and_leaves_what_serves() -> None:
    decision = decide(view(SERVING, registered=(1, 2), has_store=False), NOW)

    message = "the namespace needs an ArtifactStore named 'default'"
    assert decision == Decision(
        status=SERVING.model_copy(
            update={
                "conditions": conditions("ArtifactStoreMissing", message, "Stalled"),
                "versions": (row(1, Role.CHAMPION, ready=0),),
            }
        )
    )


@pytest.mark.parametrize(
    ("pinned", "candidate"),
    [
        pytest.param(1, None, id="that the spec no longer wants is forgotten"),
        pytest.param(2, state(2), id="that the spec wants stays"),
    ],
)
def test_candidate_while_the_store_is_missing(pinned: int, candidate: VersionState | None) -> None:
    starting_two = status(candidate=state(2), versions=(row(2, Role.CANDIDATE, 0),))
    choice = {"policy": "Pinned", "number": pinned}
    seen = view(
        starting_two, registered=(1, 2), workloads=complete(2), has_store=False, version=choice
    )

    after = decide(seen, NOW).status

    assert (after.candidate, after.champion) == (candidate, None)
    message = "the namespace needs an ArtifactStore named 'default'"
    assert after.conditions == conditions("ArtifactStoreMissing", message, "Stalled")


def test_version_gets_no_role_before_there_is_a_store() -> None:
    message = "the namespace needs an ArtifactStore named 'default'"

    assert decide(view(registered=(1, 2), has_store=False), NOW) == Decision(
        status=status(*conditions("ArtifactStoreMissing", message, "Stalled"))
    )


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


def test_pods_are_replaced_when_what_they_must_verify_changes_and_only_then() -> None:
    old, new = make_key(), make_key()

    def deployment(**store: Any) -> Object:
        known = view(SERVING, registered=(1,), workloads=complete(1))
        spec = observed(make_store(**store)).spec
        return decide(dataclasses.replace(known, store=spec), NOW).apply[0]

    demanded = deployment(signing=signing(old, required=True))
    assert deployment(signing=signing(old, secretName="a")) == deployment()
    assert deployment(signing=signing(old, secretName="a", required=True)) == demanded
    assert demanded != deployment()
    assert deployment(signing=signing(old, new, required=True)) != demanded
    told = ServeRequest.model_validate_json(request_text(demanded)).store.spec.signing
    assert told == Signing.model_validate(signing(old, required=True))


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


def test_version_that_the_alias_points_at_becomes_the_candidate() -> None:
    alias: ModelAliasSpec = observed(make_alias("prod", 2)).spec
    given = view(
        SERVING, registered=(1, 2, 3), workloads=complete(1), aliases=(alias,), **FOLLOWING
    )

    assert decide(given, NOW).status.candidate == state(2, NOW)
