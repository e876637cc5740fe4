"""After a restart the operator's first LIST of a kind says what was true some writes ago."""

from collections.abc import Sequence

import pytest
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.schedule import run_trials, sampled
from tests.faults.loop.stories import Story, shortest_loop, whole_loop
from tests.faults.loop.trials import Trial, problems_of, undisturbed
from tests.faults.proxy.calls import WRITES
from tests.faults.proxy.faults import Kill, StaleList
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Match, Rule

from tidewheel_operator.runtime.resources import RESOURCES, Resource

# How many writes an old list lacks.
_AGES = (1, 3, 8, 21)
_SAMPLES_PER_KIND = 2


def stale(
    story: Story, resource: Resource, index: int, age: int, *, are_watches_stale: bool
) -> Trial:
    """Return the trial: killed after a write, then an old LIST; what the watches list is old too.

    A watch that begins with an old LIST is told everything since; one that begins with a fresh LIST
    never hears of what went in between.
    """

    def next_rules(record: Record) -> Sequence[Rule]:
        # A delete gives no version of its own; the write before it does.
        versions = [write.version for write in record.writes if write.version]
        old = versions[max(0, len(versions) - 1 - age)]
        # Not the live reads of a few: what the operator asks for to be sure is never old.
        match = Match(frozenset({"list"}), frozenset({resource.plural}), resource.selector)
        return [Rule(match, StaleList(old), times=2 if are_watches_stale else 1)]

    lists = "first two LISTs" if are_watches_stale else "first LIST"
    return Trial(
        f"{story.__name__}: {lists} of {resource.plural} {age} writes old after write {index}",
        story,
        [Rule(Match(WRITES), Kill(is_forwarded=True), skip=index)],
        next_rules,
    )


def trials(story: Story, resource: Resource, writes: int) -> list[Trial]:
    """Return all trials of a kind."""
    return [
        stale(story, resource, index, age, are_watches_stale=are_watches_stale)
        for index in range(1, writes)
        for age in _AGES
        if age <= index
        for are_watches_stale in (False, True)
    ]


@pytest.mark.timeout(20_000)
def test_old_list_of_one_kind_changes_nothing(lanes: list[Lane], report: Report) -> None:
    story = whole_loop if IS_LONG else shortest_loop
    count = 16 if IS_LONG else _SAMPLES_PER_KIND
    wanted = undisturbed(lanes[0], story)
    chosen = [
        trial
        for number, resource in enumerate(RESOURCES)
        for trial in sampled(trials(story, resource, wanted.writes - 4), count, SEED + number)
    ]

    outcomes = run_trials(lanes, chosen, wanted)

    report.add("stale LIST after restart", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    # Each kill, and at least one old LIST after it.
    assert sum(outcome.struck >= 2 for outcome in outcomes) >= len(outcomes) - 3
