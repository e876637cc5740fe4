"""Old snapshots go, but none that a run or a version points at, whenever the operator dies."""

import asyncio
import os

import pytest
from tests.builders import make_snapshot
from tests.unit.operator.simulation.scenario import (
    REFRESH_SECONDS,
    end_of,
    old_snapshots,
    played,
    the,
)
from tests.unit.operator.simulation.world import Kill, Simulation

from tidewheel_operator.runtime.resources import DATASETS, EVENTS


def named(*rows: int) -> list[str]:
    """Return the digests of the snapshots of so many rows."""
    return [make_snapshot(f"snapshot of {count}", count).digest for count in rows]


def test_two_newest_snapshots_and_the_one_in_use_stay() -> None:
    simulation = asyncio.run(played(old_snapshots))

    assert simulation.bucket.snapshots == named(1000, 1030, 1040)
    assert sorted(simulation.bucket.in_use) == sorted(named(1000, 1040))
    status = the(simulation, DATASETS, "flights")["status"]
    assert (status["snapshots"], status["prunedSnapshots"]) == (3, 3)


def test_removals_are_told() -> None:
    simulation = asyncio.run(played(old_snapshots))

    told = [
        (item["type"], item["message"])
        for item in simulation.server.all(EVENTS)
        if item["reason"] == "SnapshotsPruned"
    ]

    message = "1 old snapshots and 1 parts that nothing pointed at were removed from the store"
    assert told == [("Normal", message)] * 2


def test_what_is_in_use_is_tried_again_once_a_day_only() -> None:
    async def story(simulation: Simulation) -> tuple[int, int]:
        await old_snapshots(simulation)
        before = simulation.bucket.prunes
        for _ in range(20):
            await simulation.advance(REFRESH_SECONDS)
        soon = simulation.bucket.prunes - before
        await simulation.advance(86_400)
        return soon, simulation.bucket.prunes - before

    assert asyncio.run(story(Simulation())) == (0, 1)


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_end_is_the_same_after_a_kill(is_after: bool) -> None:
    """Around every write; before one and after the next, unless there is much time."""
    undisturbed = asyncio.run(played(old_snapshots))
    wanted, kept = end_of(undisturbed), undisturbed.bucket.snapshots

    differences = []
    step = 1 if os.environ.get("TIDEWHEEL_TEST_LONG") == "1" else 2
    for index in range(is_after, undisturbed.api.attempts, step):
        simulation = asyncio.run(played(old_snapshots, Kill(index, is_after)))
        if end_of(simulation) != wanted or simulation.bucket.snapshots != kept:
            differences.append(index)

    assert differences == []
