"""The API server refuses, each verb by each code: once each, some times, and for a while."""

import pytest
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.schedule import run_trials, sampled
from tests.faults.loop.stories import shortest_loop
from tests.faults.loop.trials import Trial, problems_of, undisturbed
from tests.faults.proxy.answers import REASONS
from tests.faults.proxy.faults import Answer, Fault, Hang, Reset, Truncate
from tests.faults.proxy.rules import Match, Rule

# An object that the server refuses is tried again after a minute, or when it changes.
_BLOCKED_SECONDS = 75.0
_SAMPLES = 8
_TIMES = 5 if IS_LONG else 2
_WHILE_SECONDS = 60.0 if IS_LONG else 4.0
# What fails for so long backs off for as long again.
_PATIENCE_SECONDS = _TIMES * _BLOCKED_SECONDS + 2 * _WHILE_SECONDS

_FAULTS: dict[str, Fault] = {
    **{str(code): Answer(code) for code in sorted(REASONS)},
    "429 with Retry-After": Answer(429, retry_after_seconds=1),
    "reset before": Reset(is_forwarded=False),
    "reset after": Reset(is_forwarded=True),
    "half an answer": Truncate(),
    "no answer": Hang(1),
}
_WRITE_VERBS = ("create", "status", "apply", "delete")
_READ_VERBS = ("get", "list", "watch")


def once_each(verb: str, name: str, *, is_new_process: bool = False) -> Trial:
    """Return the trial in which every request of a verb meets the fault once."""
    rule = Rule(Match(frozenset({verb})), _FAULTS[name], is_for_each=True)
    return Trial(
        f"every {verb} once: {name}",
        shortest_loop,
        [rule],
        step_seconds=_PATIENCE_SECONDS,
        rest_seconds=_PATIENCE_SECONDS,
        is_new_process=is_new_process,
        may_end_watching=verb in ("list", "watch"),
    )


def some_times(verb: str, name: str, *, is_new_process: bool = False) -> Trial:
    """Return the trial in which the first requests of a verb meet the fault."""
    rule = Rule(Match(frozenset({verb})), _FAULTS[name], times=_TIMES)
    return Trial(
        f"{verb} {_TIMES} times: {name}",
        shortest_loop,
        [rule],
        step_seconds=_PATIENCE_SECONDS,
        rest_seconds=_PATIENCE_SECONDS,
        is_new_process=is_new_process,
        may_end_watching=verb in ("list", "watch"),
    )


def for_a_while(verb: str, name: str) -> Trial:
    """Return the trial in which all requests of a verb meet the fault, and then none."""
    rule = Rule(Match(frozenset({verb})), _FAULTS[name], times=None)
    return Trial(
        f"{verb} for a while: {name}",
        shortest_loop,
        [rule],
        step_seconds=_PATIENCE_SECONDS,
        rest_seconds=_PATIENCE_SECONDS,
        heal_seconds=_WHILE_SECONDS,
    )


@pytest.mark.timeout(7200)
def test_writes_that_are_refused(lanes: list[Lane], report: Report) -> None:
    wanted = undisturbed(lanes[0], shortest_loop)
    trials = [
        *(once_each(verb, name) for name in _FAULTS for verb in _WRITE_VERBS),
        *(
            make(verb, name)
            for name in _FAULTS
            for verb in _WRITE_VERBS
            for make in (some_times, for_a_while)
        ),
    ]

    outcomes = run_trials(lanes, trials if IS_LONG else sampled(trials, _SAMPLES, SEED), wanted)

    report.add("refused writes", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)


@pytest.mark.timeout(7200)
def test_reads_that_are_refused(verifying_lanes: list[Lane], report: Report) -> None:
    wanted = undisturbed(verifying_lanes[0], shortest_loop)
    trials = [
        make(verb, name, is_new_process=True)
        for name in _FAULTS
        for verb in _READ_VERBS
        for make in (once_each, some_times)
    ]

    chosen = trials if IS_LONG else sampled(trials, _SAMPLES, SEED)
    outcomes = run_trials(verifying_lanes, chosen, wanted)

    report.add("refused reads", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
