"""People move an alias and traffic follows; the end is the same whatever dies and comes late."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.builders import Object, make_alias
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    champion,
    end_of,
    played,
    reasons,
    start_loop,
    the,
    user_applies,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_operator.runtime.resources import MODEL_ALIASES, MODEL_DEPLOYMENTS, MODEL_VERSIONS

FOLLOWING = {
    "version": {"policy": "Alias", "alias": "prod"},
    "rollback_window_seconds": 100,
}
NAME = "flight-delay-prod"


def told(story: Callable[[Simulation], Awaitable[None]]) -> Simulation:
    return asyncio.run(played(story))


async def two_versions(simulation: Simulation) -> None:
    """Turn the loop twice, with an alias that nobody has made."""
    await start_loop(simulation, deployment=FOLLOWING)
    simulation.bucket.labelled_rows = 1500
    await simulation.advance(REFRESH_SECONDS)


async def move(simulation: Simulation, number: int, by: str) -> None:
    def change(item: Object) -> None:
        item["spec"].update(number=number, changedBy=by)

    simulation.server.edit(MODEL_ALIASES, the(simulation, MODEL_ALIASES, NAME), change)
    await simulation.settle()
    # Two switches in one second would not show in the times of the roles.
    await simulation.advance(1)


async def moves(simulation: Simulation) -> None:
    """Point the alias at the second version, then back at the first."""
    await two_versions(simulation)
    user_applies(simulation, make_alias("prod", 2))
    await simulation.settle()
    await simulation.advance(1)
    await move(simulation, 1, "joe")


def periods(simulation: Simulation, number: int) -> tuple[int, int]:
    """Return how many deployments a version serves, and how often it served before."""
    status = the(simulation, MODEL_VERSIONS, f"flight-delay-v{number}")["status"]
    return len(status.get("serving", ())), len(status.get("served", ()))


def test_nothing_serves_while_the_alias_is_missing() -> None:
    simulation = told(two_versions)

    assert champion(simulation) is None
    assert reasons(the(simulation, MODEL_DEPLOYMENTS))["Ready"] == "AliasMissing"


def test_traffic_follows_the_alias_and_versions_tell_when_they_served() -> None:
    simulation = told(moves)

    assert champion(simulation) == 1
    assert (periods(simulation, 1), periods(simulation, 2)) == ((1, 0), (0, 1))
    [now] = the(simulation, MODEL_VERSIONS, "flight-delay-v1")["status"]["serving"]
    [before] = the(simulation, MODEL_VERSIONS, "flight-delay-v2")["status"]["served"]
    assert before["untilTime"] == now["fromTime"]
    history = the(simulation, MODEL_ALIASES, NAME)["status"]["history"]
    assert [(one["changedBy"], one.get("fromNumber"), one["toNumber"]) for one in history] == [
        ("joe", 2, 1),
        ("jane", None, 2),
    ]


def test_nothing_is_written_at_rest() -> None:
    async def story(simulation: Simulation) -> None:
        await moves(simulation)
        # What served before stays warm for so long.
        await simulation.advance(100)
        attempts = simulation.api.attempts
        simulation.stop()
        await simulation.advance(100)
        assert simulation.api.attempts == attempts

    told(story)


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_end_is_the_same_after_a_kill_around_every_write_of_a_move(is_after: bool) -> None:
    undisturbed, first = told(moves), told(two_versions).api.attempts
    wanted = end_of(undisturbed)

    differences = [
        index
        for index in range(first, undisturbed.api.attempts)
        if end_of(asyncio.run(played(moves, Kill(index, is_after)))) != wanted
    ]

    assert differences == []


@pytest.mark.parametrize("seed", range(3))
def test_moves_amid_late_and_shuffled_news_end_the_same(seed: int) -> None:
    wanted = end_of(told(moves))

    assert end_of(asyncio.run(played(moves, seed=seed, workers=3))) == wanted
