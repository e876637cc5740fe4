"""One trial: a story told under faults, compared with the same story undisturbed."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.loop.end_state import differences
from tests.faults.loop.lane import STEP_SECONDS, Lane, NextRules, no_rules
from tests.faults.loop.process_end import is_afresh, process_problems
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
# Kopf takes six seconds to end.
_FRESH_START_SECONDS = 20.0


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
    step_seconds: float = STEP_SECONDS
    rest_seconds: float = _REST_SECONDS
    # After so long the faults end.
    heal_seconds: float | None = None
    # The operator begins its life under the faults.
    is_new_process: bool = False
    # Kopf gives up on such an answer; the process then ends, says so, and starts afresh.
    may_end_watching: bool = False


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
    lane.step_seconds = STEP_SECONDS
    record = lane.proxy.obey()
    story(lane)
    lane.wait_rest(None, _REST_SECONDS, quiet_seconds=1.5)
    return Undisturbed(lane.everything(), record.made_and_deleted(), record.attempts())


def run_trial(lane: Lane, trial: Trial, wanted: Undisturbed) -> Outcome:
    """Tell a story under faults and compare its end."""
    lane.clear()
    began, log_before, ends_before = time.monotonic(), len(lane.operator.log()), len(lane.ends)
    lane.step_seconds = trial.step_seconds
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
        if trial.may_end_watching:
            _wait_fresh_start(lane, log_before)
        lane.wait_rest(wanted.state, trial.rest_seconds)
    except (AssertionError, errors.DevError) as error:
        problems = [str(error), *differences(lane.everything(), wanted.state)]
    finally:
        healing.cancel()
    kills = sum(isinstance(struck.fault, Kill) for struck in record.struck)
    problems += _counts(record.made_and_deleted(), wanted.made_and_deleted)
    log = lane.operator.log()[log_before:]
    problems += process_problems(
        lane.ends[ends_before:], kills, log, may_end_watching=trial.may_end_watching
    )
    problems += _pace(record)
    if problems:
        problems.append(f"its last writes: {_last_writes(record)}")
        # The next trial must not suffer from what this one has broken.
        lane.renew()
    return Outcome(trial.name, len(record.struck), kills, tuple(problems), time.monotonic() - began)


def _wait_fresh_start(lane: Lane, log_before: int) -> None:
    """Wait until an operator that no longer watches has made room for one that does."""

    def missing() -> str | None:
        log = lane.operator.log()[log_before:]
        is_deaf = "Traceback" in log and not is_afresh(log)
        return "its watches have failed, yet it runs on" if is_deaf else None

    lane.wait_for("a fresh start", missing, _FRESH_START_SECONDS)


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


def _pace(record: Record) -> list[str]:
    most = record.most_calls_per_second()
    if most <= MOST_CALLS_PER_SECOND:
        return []
    return [f"{most} requests within a second"]
