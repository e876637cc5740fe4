"""A ModelDeployment changes its roles or its objects, never both in one decision."""

import dataclasses
from typing import Any

import pytest
from tests.builders import NOW, Object, make_alias, make_store, stored
from tests.signing_keys import make_key, signing
from tests.unit.operator.observations import as_sent, conditions, observed, request_text
from tests.unit.operator.policies.deployments import ENDPOINT, FOLLOWING, SERVING, row, status, view
from tests.unit.operator.policies.served import complete, state

from tidewheel_contracts.api.v1alpha1.model_alias import ModelAliasSpec
from tidewheel_contracts.api.v1alpha1.model_deployment import Role, VersionState
from tidewheel_contracts.api.v1alpha1.signing import Signing
from tidewheel_contracts.serving import ServeRequest
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.model_deployment import decide


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


def test_version_that_the_alias_points_at_becomes_the_candidate() -> None:
    alias: ModelAliasSpec = observed(make_alias("prod", 2)).spec
    given = view(
        SERVING, registered=(1, 2, 3), workloads=complete(1), aliases=(alias,), **FOLLOWING
    )

    assert decide(given, NOW).status.candidate == state(2, NOW)
