"""When old snapshots are removed, and what is said of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders import CREATED, NOW, digest, make_dataset, time_text
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    ended_job,
    job_pod,
    observed,
    prune_job,
    request_text,
    terminated,
)
from tests.unit.operator.policies.datasets import COLLECTED, DUE, after, view

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus, NextLook
from tidewheel_contracts.job import Failure, FailureReason, PruneRequest, PruneResult, Wire
from tidewheel_operator.policies.dataset import decide, is_prune_next, prune_due_in
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.events import Event

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
# Three snapshots where one is enough, whatever its age.
KEEP_ONE = {"retention": {"snapshots": 1, "minimum_age_seconds": 0}}
MANY = after(snapshots=3)
IN_USE = (digest("a"), digest("b"))


def pruned(
    message: Wire, exit_code: int = 0, annotations: dict[str, str] | None = None, **status: Any
) -> Decision[DatasetStatus]:
    """Return what is decided when a removal has ended with this message."""
    dataset = make_dataset(status=MANY.model_copy(update=status), **KEEP_ONE)
    job = prune_job(dataset, 2, IN_USE)
    job["metadata"]["annotations"] |= annotations or {}
    pod = job_pod(job, terminated(exit_code, message, "Error" if exit_code else ""))
    ended = ended_job(job, "Failed" if exit_code else "Complete")
    return decide(view(dataset, ended, pods=(pod,)), NOW)


def test_old_snapshots_are_removed_by_a_job_that_knows_what_is_in_use() -> None:
    dataset = make_dataset(status=MANY, **KEEP_ONE)
    seen = view(dataset, snapshots_in_use=IN_USE)

    assert is_prune_next(seen, NOW)
    decision = decide(seen, NOW)

    [job] = decision.create
    assert decision == Decision(status=MANY, create=(as_sent(prune_job(dataset, 2, IN_USE)),))
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["prune"]
    request = PruneRequest.model_validate_json(request_text(job))
    assert (request.in_use, request.retention.snapshots) == (IN_USE, 1)


@pytest.mark.parametrize(
    ("status", "moment", "due"),
    [
        pytest.param(DatasetStatus(), NOW, None, id="there is no snapshot"),
        pytest.param(after(snapshots=10), NOW, None, id="there are only as many as may stay"),
        pytest.param(
            after(snapshots=11),
            CREATED,
            WEEK.total_seconds(),
            id="none can be of age before the Dataset is",
        ),
        pytest.param(after(snapshots=11), CREATED + WEEK, 0.0, id="the Dataset is of age"),
        pytest.param(
            after(snapshots=12, pruned_snapshots=11, last_prune_time=time_text(NOW)),
            NOW,
            60_480.0,
            id="a new one came: ten times while a snapshot comes of age",
        ),
        pytest.param(
            after(snapshots=11, pruned_snapshots=11, last_prune_time=time_text(NOW)),
            NOW,
            86_400.0,
            id="none is new: once a day",
        ),
        pytest.param(
            after(snapshots=11, pruned_snapshots=11, last_prune_time=time_text(NOW)),
            NOW + DAY,
            0.0,
            id="a day has passed",
        ),
    ],
)
def test_when_old_snapshots_are_removed(
    status: DatasetStatus, moment: datetime, due: float | None
) -> None:
    assert prune_due_in(observed(make_dataset(status=status)), moment) == due


def test_removal_waits_for_a_job_at_work_and_goes_before_the_next_look() -> None:
    dataset = make_dataset(status=MANY, **KEEP_ONE)
    working = prune_job(dataset, 2)

    assert not is_prune_next(view(dataset, working), DUE)
    assert not is_prune_next(view(dataset, has_store=False), DUE)
    assert is_prune_next(view(dataset), DUE)


def test_settled_dataset_wakes_for_the_removal() -> None:
    status = after(
        snapshots=11,
        pruned_snapshots=11,
        last_prune_time=time_text(NOW - DAY + timedelta(seconds=50)),
    )

    decision = decide(view(make_dataset(status=status)), NOW)

    assert decision == Decision(status=status, requeue_seconds=50.0)


def test_removal_is_counted_and_told_and_moves_no_look() -> None:
    message = "2 old snapshots and 5 parts that nothing pointed at were removed from the store"

    assert pruned(PruneResult(snapshots=2, parts=5)) == Decision(
        status=after(
            snapshots=1, pruned_snapshots=1, collections=2, last_prune_time=time_text(NOW)
        ),
        events=(Event("Normal", "SnapshotsPruned", message),),
    )


def test_removal_of_nothing_is_not_told() -> None:
    assert pruned(PruneResult()) == Decision(
        status=after(snapshots=3, pruned_snapshots=3, collections=2, last_prune_time=time_text(NOW))
    )


def test_removal_never_counts_the_newest_snapshot_away() -> None:
    """A Dataset that was made anew finds snapshots that it never counted."""
    assert pruned(PruneResult(snapshots=50)).status.snapshots == 1


def test_failed_removal_is_told_and_leaves_the_dataset_ready() -> None:
    failure = Failure(reason=FailureReason.ARTIFACT_DAMAGED, message="a manifest cannot be read")

    decision = pruned(failure, 10)

    message = "old snapshots could not be removed: ArtifactDamaged: a manifest cannot be read"
    assert decision == Decision(
        status=after(
            snapshots=3, pruned_snapshots=3, collections=2, last_prune_time=time_text(NOW)
        ),
        events=(Event("Warning", "PruneFailed", message),),
    )


@pytest.mark.parametrize(
    ("annotations", "before", "next_look"),
    [
        pytest.param({labels.NEWS: "true"}, None, NextLook.PROBE, id="news came meanwhile"),
        pytest.param({}, NextLook.COLLECTION, NextLook.COLLECTION, id="a collection is to follow"),
        pytest.param({labels.NEWS: "true"}, NextLook.COLLECTION, NextLook.COLLECTION, id="both"),
        pytest.param({}, None, None, id="neither"),
    ],
)
def test_removal_keeps_what_is_to_follow(
    annotations: dict[str, str], before: NextLook | None, next_look: NextLook | None
) -> None:
    decision = pruned(PruneResult(), annotations=annotations, next_look=before)

    assert decision.status.next_look == next_look


def test_removal_that_cannot_start_is_told_beside_the_snapshot() -> None:
    dataset = make_dataset(status=MANY, **KEEP_ONE)
    job = prune_job(dataset, 2)
    scheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes have memory"}
    pod = job_pod(job, {}, conditions=[scheduled])

    status = decide(view(dataset, job, pods=(pod,)), NOW).status

    message = "old snapshots cannot be removed yet: no node takes the pod: 0/1 nodes have memory"
    [_, reconciling] = conditions("Unschedulable", message, "Reconciling")
    assert status == MANY.model_copy(update={"conditions": (*COLLECTED.conditions, reconciling)})


def test_too_many_snapshots_in_use_are_told_instead_of_a_job_that_cannot_be() -> None:
    in_use = tuple(digest(str(number)) for number in range(2501))

    decision = decide(view(make_dataset(status=MANY, **KEEP_ONE), snapshots_in_use=in_use), NOW)

    message = (
        "no old snapshots are removed: runs and versions point at 2501 of them, and at most 2500 "
        "can be told to the Job; delete TrainingRuns and ModelVersions that nobody needs"
    )
    assert decision == Decision(
        status=MANY.model_copy(update={"pruned_snapshots": 3, "last_prune_time": time_text(NOW)}),
        events=(Event("Warning", "PruneSkipped", message),),
        requeue_seconds=200.0,
    )
