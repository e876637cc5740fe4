"""People approve, reject and revoke; the end is the same whatever dies and comes late."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders import NAMESPACE, Object, make_approval, make_run, make_version
from tests.unit.operator.policies.approved import REVOCATION
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    End,
    champion,
    end_of,
    played,
    reasons,
    start_loop,
    the,
    user_applies,
    versions,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_operator.runtime.resources import (
    MODEL_APPROVALS,
    MODEL_DEPLOYMENTS,
    MODEL_PIPELINES,
    MODEL_VERSIONS,
    RESOURCES,
    Resource,
)

APPROVED_ONLY = {"version": {"policy": "LatestApproved"}, "rollback_window_seconds": 100}


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


async def two_versions(simulation: Simulation) -> None:
    """Turn the loop twice, with nobody who decides."""
    await start_loop(simulation, deployment=APPROVED_ONLY)
    simulation.bucket.labelled_rows = 1500
    await simulation.advance(REFRESH_SECONDS)


async def approve(simulation: Simulation, number: int, name: str = "") -> None:
    # Of the second in which a version was made, it cannot be told whether anybody had seen it.
    await simulation.advance(1)
    user_applies(simulation, make_approval(name or f"of-{number}", number))
    await simulation.settle()


async def revoke(simulation: Simulation, name: str) -> None:
    simulation.server.edit(
        MODEL_APPROVALS,
        the(simulation, MODEL_APPROVALS, name),
        lambda item: item["spec"].update(revocation=REVOCATION),
    )
    await simulation.settle()


def roles(simulation: Simulation) -> Object:
    """Return who serves, who comes and who stays warm, each since when."""
    status = the(simulation, MODEL_DEPLOYMENTS)["status"]
    return {role: status.get(role) for role in ("champion", "candidate", "warm")}


async def approvals(simulation: Simulation) -> None:
    """Approve two versions, one after the other, and take the second approval back."""
    await two_versions(simulation)
    await approve(simulation, 1)
    await approve(simulation, 2)
    await revoke(simulation, "of-2")


def test_versions_register_and_nothing_serves_while_nobody_decides() -> None:
    simulation = told(two_versions)

    assert (versions(simulation), champion(simulation)) == (
        ["flight-delay-v1", "flight-delay-v2"],
        None,
    )
    deployment = the(simulation, MODEL_DEPLOYMENTS)
    assert reasons(deployment)["Ready"] == "WaitingForApproval"
    assert reasons(the(simulation, MODEL_PIPELINES))["Ready"] == "DeploymentNotReady"


def test_approved_versions_serve_and_a_revocation_goes_back() -> None:
    seen: list[int | None] = []

    async def story(simulation: Simulation) -> None:
        await two_versions(simulation)
        for number in (1, 2):
            await approve(simulation, number)
            seen.append(champion(simulation))
        await revoke(simulation, "of-2")
        seen.append(champion(simulation))
        await revoke(simulation, "of-1")
        seen.append(champion(simulation))

    simulation = told(story)

    assert seen == [1, 2, 1, 1]
    assert reasons(the(simulation, MODEL_DEPLOYMENTS)) == {
        "Ready": "Serving",
        "Stalled": "ApprovalRevoked",
        "Unapproved": "ApprovalRevoked",
    }


def test_later_rejection_takes_the_approval_away_until_it_is_revoked() -> None:
    seen: list[int | None] = []

    async def story(simulation: Simulation) -> None:
        await two_versions(simulation)
        await approve(simulation, 1)
        await approve(simulation, 2)
        await simulation.advance(1)
        user_applies(simulation, make_approval("no", 2, decision="Rejected"))
        await simulation.settle()
        seen.append(champion(simulation))
        overruled = the(simulation, MODEL_APPROVALS, "of-2")
        assert reasons(overruled) == {"Ready": "Overruled"}
        await revoke(simulation, "no")
        seen.append(champion(simulation))

    simulation = told(story)

    assert seen == [1, 2]
    assert reasons(the(simulation, MODEL_APPROVALS, "of-2")) == {"Ready": "Valid"}


def test_champion_whose_object_was_deleted_serves_on_while_its_approval_stands() -> None:
    seen: list[int | None] = []

    async def story(simulation: Simulation) -> None:
        await two_versions(simulation)
        await approve(simulation, 1)
        await approve(simulation, 2)
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v2"))
        await simulation.settle()
        seen.append(champion(simulation))
        await revoke(simulation, "of-2")
        seen.append(champion(simulation))

    told(story)

    assert seen == [2, 1]


def test_version_that_comes_back_as_another_is_not_approved() -> None:
    async def story(simulation: Simulation) -> None:
        await two_versions(simulation)
        await approve(simulation, 1)
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v2"))
        user_applies(simulation, make_version(2))
        await approve(simulation, 2)
        simulation.server.remove(MODEL_VERSIONS, the(simulation, MODEL_VERSIONS, "flight-delay-v2"))
        await simulation.settle()
        user_applies(simulation, make_version(2, run={"name": "else", "uid": "another run"}))
        await simulation.settle()

    simulation = told(story)

    assert reasons(the(simulation, MODEL_APPROVALS, "of-2"))["Ready"] == "Superseded"
    assert "Approved" not in reasons(the(simulation, MODEL_VERSIONS, "flight-delay-v2"))


def test_run_of_a_person_waits_for_a_decision_too() -> None:
    async def story(simulation: Simulation) -> None:
        await two_versions(simulation)
        await approve(simulation, 2)
        user_applies(simulation, make_run("mine", pipeline_name="flight-delay"))
        await simulation.settle()

    simulation = told(story)

    assert (versions(simulation)[-1], champion(simulation)) == ("flight-delay-v3", 2)
    assert reasons(the(simulation, MODEL_DEPLOYMENTS))["ApprovalPending"] == "WaitingForApproval"


def test_nothing_is_written_at_rest() -> None:
    async def story(simulation: Simulation) -> None:
        await approvals(simulation)
        # What served before stays warm for so long.
        await simulation.advance(100)
        attempts = simulation.api.attempts
        simulation.stop()
        await simulation.advance(100)
        assert simulation.api.attempts == attempts

    told(story)


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_end_is_the_same_after_a_kill_around_every_write_of_a_decision(is_after: bool) -> None:
    undisturbed, first = told(approvals), told(two_versions).api.attempts
    wanted = end_of(undisturbed)

    differences = [
        index
        for index in range(first, undisturbed.api.attempts)
        if end_of(asyncio.run(played(approvals, Kill(index, is_after)))) != wanted
    ]

    assert differences == []


@pytest.mark.parametrize("kind", RESOURCES, ids=[resource.plural for resource in RESOURCES])
def test_old_list_of_one_kind_changes_nothing(kind: Resource) -> None:
    """The process is restarted, and one of its lists is from before the last decisions."""

    async def restarted(simulation: Simulation) -> None:
        await two_versions(simulation)
        await approve(simulation, 1)
        old = simulation.server.all(kind)
        await approve(simulation, 2)
        await revoke(simulation, "of-2")
        await approve(simulation, 2, "again")
        # A second later, a switch there and back would show in the times of the roles.
        await simulation.advance(1)
        before = roles(simulation)
        simulation.stop()
        await simulation.start({kind: old})
        await simulation.settle()

        assert roles(simulation) == before
        assert champion(simulation) == 2

    asyncio.run(restarted(Simulation()))


@pytest.mark.parametrize("seed", range(10))
def test_decisions_amid_late_and_shuffled_news_end_the_same(seed: int) -> None:
    wanted: End = end_of(told(approvals))

    simulation = asyncio.run(played(approvals, seed=seed, workers=3))

    assert end_of(simulation) == wanted
    assert simulation.server.find(MODEL_APPROVALS, NAMESPACE, "of-2") is not None
