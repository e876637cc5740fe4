"""States that the operator never sees: it converges all the same, at the next verification."""

import pytest
from tests.faults.conftest import IS_LONG, SEED
from tests.faults.loop.lane import Lane
from tests.faults.loop.report import Report
from tests.faults.loop.schedule import run_trials
from tests.faults.loop.stories import Story, shortest_loop, whole_loop
from tests.faults.loop.trials import Trial, problems_of, undisturbed
from tests.faults.proxy.faults import Drop, ErrorEvent, Fault
from tests.faults.proxy.rules import Match, Rule

from tidewheel_operator.runtime.resources import (
    DEPLOYMENTS,
    JOBS,
    MODEL_DEPLOYMENTS,
    MODEL_VERSIONS,
    PODS,
    RESOURCES,
    SERVICES,
    TRAINING_RUNS,
    Resource,
)

_CHILDREN = (JOBS, PODS, DEPLOYMENTS, SERVICES, TRAINING_RUNS, MODEL_DEPLOYMENTS)
_GONE_SECONDS = 20.0


def test_child_whose_changes_nobody_tells_of(verifying_lanes: list[Lane], report: Report) -> None:
    wanted = undisturbed(verifying_lanes[0], whole_loop)
    trials = [
        Trial(
            f"no MODIFIED of {resource.plural}",
            whole_loop,
            [
                Rule(
                    Match(frozenset({"MODIFIED"}), frozenset({resource.plural})), Drop(), times=None
                )
            ],
        )
        for resource in RESOURCES
    ]

    outcomes = run_trials(verifying_lanes, trials, wanted)

    report.add("no MODIFIED of a kind", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    # Versions are never modified but by their own status.
    assert sum(outcome.struck > 0 for outcome in outcomes) >= len(_CHILDREN)


def deleted_by_hand(resource: Resource) -> Story:
    """Return the story: the loop serves, then a person deletes the objects of a kind."""

    def story(lane: Lane) -> None:
        shortest_loop(lane)
        lane.wait_rest(None, _GONE_SECONDS)
        items = lane.cluster.mirror.all(resource, lane.namespace)
        for item in items:
            lane.cluster.delete(resource, item)
        uids = {item["metadata"]["uid"] for item in items}

        def missing() -> str | None:
            found = lane.cluster.mirror.all(resource, lane.namespace)
            here = [item for item in found if item["metadata"]["uid"] in uids]
            return f"{len(here)} are still there" if here else None

        lane.wait_for(f"{resource.plural} to go", missing, _GONE_SECONDS)

    return story


_DELETED = (JOBS, DEPLOYMENTS, SERVICES, TRAINING_RUNS, MODEL_DEPLOYMENTS, MODEL_VERSIONS)
_SILENCES: tuple[Fault, ...] = (Drop(), ErrorEvent(410))
# The short form takes one of the two for each kind.
_CASES = [
    pytest.param(resource, fault, id=f"{resource.plural}: {type(fault).__name__}")
    for number, resource in enumerate(_DELETED)
    for offset, fault in enumerate(_SILENCES)
    if IS_LONG or (number + offset + SEED) % 2 == 0
]


@pytest.mark.parametrize(("resource", "fault"), _CASES)
def test_deletion_that_nobody_tells_of(
    resource: Resource, fault: Fault, verifying_lanes: list[Lane], report: Report
) -> None:
    story = deleted_by_hand(resource)
    wanted = undisturbed(verifying_lanes[0], story)
    match = Match(frozenset({"DELETED"}), frozenset({resource.plural}))
    times = None if isinstance(fault, Drop) else 2

    outcomes = run_trials(
        verifying_lanes[:1],
        [Trial(f"{resource.plural} deleted", story, [Rule(match, fault, times=times)])],
        wanted,
    )

    report.add(f"deletion unseen: {resource.plural}", wanted.writes, outcomes)
    assert not problems_of(outcomes), problems_of(outcomes)
    assert outcomes[0].struck
