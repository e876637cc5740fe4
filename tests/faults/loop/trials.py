"""One trial: a story told under faults, compared with the same story undisturbed."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.loop.end_state import differences
from tests.faults.loop.lane import Lane, LateError, NextRules, no_rules
from tests.faults.loop.stories import Story
from tests.faults.proxy.faults import Kill
from tests.faults.proxy.record import Record
from tests.faults.proxy.rules import Rule

from tidewheel_dev import errors

__all__ = ["Outcome", "Trial", "Undisturbed", "problems_of", "run_trial", "undisturbed"]

_REST_SECONDS = 40.0
# An operator that hangs on to a mistake writes again and again; nothing honest takes more.
MOST_CALLS_PER_SECOND = 200
_SHOWN_WRITES = 25
# What the kernel says of a process that was killed.
_KILLED = -9


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A story as it ends when nothing goes wrong."""

    state: dict[str, Any]
    made_and_deleted: Counter[str]
    writes: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A story, the faults that it meets, and those that the next life of the operator meets."""

    name: str
    story: Story
    rules: Sequence[Rule]
    rules_of_next_life: NextRules = no_rules
    rest_seconds: float = _REST_SECONDS
    # After so long the faults end.
    heal_seconds: float | None = None
    # The operator begins its life under the faults.
    is_new_process: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial went: well when there are no problems."""

    name: str
    struck: int
    kills: int
    problems: tuple[str, ...]
    seconds: float


def problems_of(outcomes: Sequence[Outcome]) -> str:
    """Return what went wrong, trial by trial; nothing when all is well."""
    return "\n".join(
        "\n  ".join((outcome.name, *outcome.problems)) for outcome in outcomes if outcome.problems
    )


def undisturbed(lane: Lane, story: Story) -> Undisturbed:
    """Tell a story without faults and return its end."""
    lane.clear()
    record = lane.proxy.obey()
    story(lane)
    lane.wait_rest(None, _REST_SECONDS, quiet_seconds=1.5)
    return Undisturbed(lane.everything(), record.made_and_deleted(), record.attempts())


def run_trial(lane: Lane, trial: Trial, wanted: Undisturbed) -> Outcome:
    """Tell a story under faults and compare its end."""
    lane.clear()
    began, log_before, ends_before = time.monotonic(), len(lane.operator.log()), len(lane.ends)
    lane.rules_of_next_life = trial.rules_of_next_life
    if trial.is_new_process:
        lane.renew()
    record = lane.proxy.obey(trial.rules)
    problems = []
    healing = threading.Timer(trial.heal_seconds or 0.0, lane.proxy.change_rules, [()])
    if trial.heal_seconds is not None:
        healing.start()
    try:
        trial.story(lane)
        lane.wait_rest(wanted.state, trial.rest_seconds)
    except (LateError, errors.DevError) as error:
        problems = [str(error), *differences(lane.everything(), wanted.state)]
    finally:
        healing.cancel()
    kills = sum(isinstance(struck.fault, Kill) for struck in record.struck)
    problems += _counts(record.made_and_deleted(), wanted.made_and_deleted)
    problems += _process(lane.ends[ends_before:], kills, lane.operator.log()[log_before:])
    problems += _pace(record)
    if problems:
        problems.append(f"its last writes: {_last_writes(record)}")
        # The next trial must not suffer from what this one has broken.
        lane.renew()
    return Outcome(trial.name, len(record.struck), kills, tuple(problems), time.monotonic() - began)


def _last_writes(record: Record) -> str:
    return ", ".join(
        f"{write.verb} {write.plural}/{write.name} {write.code}"
        for write in record.writes[-_SHOWN_WRITES:]
        if write.plural != "events"
    )


def _counts(found: Counter[str], wanted: Counter[str]) -> list[str]:
    return [
        f"{what}: {found[what]} times instead of {wanted[what]}"
        for what in sorted(found.keys() | wanted.keys())
        if found[what] != wanted[what]
    ]


def _process(ends: Sequence[int], kills: int, log: str) -> list[str]:
    problems = [f"the process ended with {code}" for code in ends if code != _KILLED]
    if len(ends) > kills:
        problems.append(f"the process ended {len(ends)} times and was killed {kills} times")
    if "Traceback" in log:
        problems.append(f"the log has a traceback: {log[log.index('Traceback') :][:1500]}")
    return problems


def _pace(record: Record) -> list[str]:
    most = record.most_calls_per_second()
    if most <= MOST_CALLS_PER_SECOND:
        return []
    return [f"{most} requests within a second"]
