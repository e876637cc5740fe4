"""Watches that tell things late, twice, out of order, halfway or not at all."""

from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.schedule import run_trials
from tests.faults.loop.stories import shortest_loop
from tests.faults.loop.trials import Trial, problems_of, undisturbed
from tests.faults.proxy.faults import (
    Cut,
    Delay,
    Drop,
    Duplicate,
    EndStream,
    ErrorEvent,
    Hang,
    Reset,
    Swap,
)
from tests.faults.proxy.rules import Match, Rule

_EVENTS = Match(frozenset({"ADDED", "MODIFIED", "DELETED"}))
_HEARTBEATS = Match(frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK"}))
_WATCHES = Match(frozenset({"watch"}))

_RUNNING = {
    "every event twice": Rule(_EVENTS, Duplicate(), times=None),
    "every event late": Rule(_EVENTS, Delay(0.3), times=None),
    "every event once after the next": Rule(_EVENTS, Swap(), is_for_each=True),
    "every event once cut as if complete": Rule(_EVENTS, Cut(is_orderly=True), is_for_each=True),
    "every event once cut off": Rule(_EVENTS, Cut(is_orderly=False), is_for_each=True),
    "410 in place of every event once": Rule(_EVENTS, ErrorEvent(410), is_for_each=True),
    "500 in place of every event once": Rule(_EVENTS, ErrorEvent(500), is_for_each=True),
    "watches that say nothing": Rule(_HEARTBEATS, Drop(), times=None),
}
_FATAL_TO_KOPF = (Cut(is_orderly=True), ErrorEvent(500))
_BEGINNING = {
    "watches that end at once": Rule(_WATCHES, EndStream(), times=30),
    "watches that hang": Rule(_WATCHES, Hang(2), times=10),
    "watches that are reset": Rule(_WATCHES, Reset(is_forwarded=False), times=30),
}


def test_loop_turns_whatever_becomes_of_watches(
    verifying_lanes: list[Lane], report: Report
) -> None:
    wanted = undisturbed(verifying_lanes[0], shortest_loop)
    trials = [
        *(
            Trial(name, shortest_loop, [rule], may_end_watching=rule.fault in _FATAL_TO_KOPF)
            for name, rule in _RUNNING.items()
        ),
        *(
            Trial(name, shortest_loop, [rule], is_new_process=True)
            for name, rule in _BEGINNING.items()
        ),
    ]

    outcomes = run_trials(verifying_lanes, trials, wanted)

    report.add("watch faults", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    assert [outcome.name for outcome in outcomes if not outcome.struck] == []
