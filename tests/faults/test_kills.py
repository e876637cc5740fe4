"""The operator dies around every one of its writes, and nobody can tell afterwards."""

import pytest
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.schedule import run_trials, sampled
from tests.faults.loop.stories import Story, shortest_loop, whole_loop
from tests.faults.loop.trials import Trial, problems_of, undisturbed
from tests.faults.proxy.calls import WRITES
from tests.faults.proxy.faults import Kill
from tests.faults.proxy.rules import Match, Rule

_SAMPLES = 8


def kills(story: Story, writes: int) -> list[Trial]:
    """Return two trials for each write: the operator dies before it and after it."""
    return [
        Trial(
            f"{story.__name__}: killed {'after' if is_forwarded else 'before'} write {index}",
            story,
            [Rule(Match(WRITES), Kill(is_forwarded), skip=index)],
        )
        for index in range(writes)
        for is_forwarded in (False, True)
    ]


def test_two_undisturbed_loops_end_alike(lanes: list[Lane]) -> None:
    """What all comparisons rest on, between namespaces and between two times."""
    first, second, again = (undisturbed(lane, whole_loop) for lane in (*lanes[:2], lanes[0]))

    assert second.state == first.state
    assert again.state == first.state
    assert second.made_and_deleted == again.made_and_deleted == first.made_and_deleted


@pytest.mark.timeout(1200)
def test_every_write_of_the_shortest_loop(lanes: list[Lane], report: Report) -> None:
    wanted = undisturbed(lanes[0], shortest_loop)

    outcomes = run_trials(lanes, kills(shortest_loop, wanted.writes), wanted)

    report.add("kill, shortest loop", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    # How many events are posted depends on what falls together, so the last writes may not come.
    assert sum(outcome.kills for outcome in outcomes) >= 2 * wanted.writes - 8


@pytest.mark.timeout(7200)
def test_writes_of_the_whole_loop(lanes: list[Lane], report: Report) -> None:
    wanted = undisturbed(lanes[0], whole_loop)
    trials = kills(whole_loop, wanted.writes)

    outcomes = run_trials(lanes, trials if IS_LONG else sampled(trials, _SAMPLES, SEED), wanted)

    report.add("kill, whole loop", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    assert sum(outcome.kills for outcome in outcomes) >= len(outcomes) - 8
