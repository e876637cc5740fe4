"""The operator dies around every one of its writes, and nobody can tell afterwards."""

import asyncio

import pytest
from tests.unit.operator.simulation.scenario import (
    end_state,
    made_and_deleted,
    played,
    whole_loop,
)
from tests.unit.operator.simulation.world import Kill


@pytest.mark.parametrize("is_after", [False, True], ids=["right before", "right after"])
def test_kill_around_every_write_changes_nothing(is_after: bool) -> None:
    undisturbed = asyncio.run(played(whole_loop))
    wanted = (made_and_deleted(undisturbed), end_state(undisturbed.server))

    differences = []
    for index in range(undisturbed.api.attempts):
        simulation = asyncio.run(played(whole_loop, Kill(index, is_after)))
        assert simulation.api.kill is None, f"the operator did not come to its write {index}"
        if (made_and_deleted(simulation), end_state(simulation.server)) != wanted:
            differences.append(index)

    assert differences == []
