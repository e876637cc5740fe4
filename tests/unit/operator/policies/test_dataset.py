"""When a Dataset is collected, and what it says about it."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, digest, make_dataset, make_snapshot, time_text
from tests.unit.operator.observations import (
    as_sent,
    collect_job,
    conditions,
    ended_job,
    job_pod,
    observed,
    request_text,
    terminated,
)
from tests.unit.operator.policies.datasets import COLLECTED, READY, RESULT, after, view

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.dataset import DatasetSpec, DatasetStatus
from tidewheel_contracts.job import CollectRequest, Failure, FailureReason
from tidewheel_operator.policies.dataset import block, decide, due_in
from tidewheel_operator.policies.decision import Decision


def test_new_dataset_is_collected_at_once() -> None:
    dataset = make_dataset()

    decision = decide(view(dataset), NOW)

    assert decision == Decision(
        status=DatasetStatus(
            observed_generation=1,
            conditions=conditions("Collecting", "the first snapshot is being made", "Reconciling"),
        ),
        create=decision.create,
    )
    [job] = decision.create
    assert job == as_sent(collect_job(dataset))


def test_dataset_says_when_its_store_is_missing() -> None:
    decision = decide(view(make_dataset(), has_store=False), NOW)

    message = "the namespace needs an ArtifactStore named 'default'"
    assert decision == Decision(
        status=DatasetStatus(
            observed_generation=1,
            conditions=conditions("ArtifactStoreMissing", message, "Stalled"),
        )
    )


def test_result_is_recorded_and_the_job_is_kept_until_that_is_written() -> None:
    dataset = make_dataset()
    job = collect_job(dataset)
    pod = job_pod(job, terminated(0, RESULT))

    decision = decide(view(dataset, ended_job(job), pods=(pod,)), NOW)

    assert decision == Decision(
        status=COLLECTED.model_copy(
            update={
                "conditions": conditions(
                    "SnapshotReady",
                    "1000 rows, 1000 labelled, 1 parts",
                    ready="True",
                ),
                "last_check_time": time_text(NOW),
                "last_attempt_time": time_text(NOW),
            }
        )
    )


def test_collection_is_asked_for_all_that_the_spec_says() -> None:
    spec: dict[str, Any] = {
        "steps": [{"drop_nulls": {"columns": ["late"]}}],
        "checks": {"minimum_rows": 10},
        "split": {"hash": {"columns": ["tail"]}},
        "refresh": {"minimum_new_rows": 5},
    }

    [job] = decide(view(make_dataset(**spec)), NOW).create

    request = CollectRequest.model_validate_json(request_text(job))
    wanted = DatasetSpec.model_validate(
        {"source": request.source, "target": request.target, **spec}
    )
    assert (request.steps, request.checks) == (wanted.steps, wanted.checks)
    assert (request.split, request.refresh) == (wanted.split, wanted.refresh)


def test_waiting_rows_quarantine_and_schema_changes_are_recorded() -> None:
    job = collect_job(make_dataset())
    snapshot = make_snapshot().model_copy(update={"quarantined_rows": 7})
    result = RESULT.model_copy(
        update={
            "snapshot": snapshot,
            "seen_fingerprint": digest("more"),
            "waiting_rows": 3,
            "schema_changes": ("column 'gate' is new",),
        }
    )
    pod = job_pod(job, terminated(0, result))

    status = decide(view(make_dataset(), ended_job(job), pods=(pod,)), NOW).status

    assert (status.seen_fingerprint, status.waiting_rows) == (digest("more"), 3)
    assert status.schema_changes == ("column 'gate' is new",)
    assert status.snapshot == snapshot
    assert status.conditions == conditions(
        "SnapshotReady",
        "1000 rows, 1000 labelled, 1 parts; 7 rows that failed a check are left out",
        ready="True",
    )


@pytest.mark.parametrize(
    ("name", "changes", "snapshots"),
    [
        pytest.param("snapshot one", ("was there before",), 1, id="the same snapshot again"),
        pytest.param("snapshot two", (), 2, id="another snapshot"),
    ],
)
def test_schema_changes_stay_as_long_as_their_snapshot(
    name: str, changes: tuple[str, ...], snapshots: int
) -> None:
    dataset = make_dataset(status=after(schema_changes=("was there before",)))
    job = collect_job(dataset, 2)
    result = RESULT.model_copy(update={"snapshot": make_snapshot(name)})
    pod = job_pod(job, terminated(0, result))

    status = decide(view(dataset, ended_job(job), pods=(pod,)), NOW).status

    assert (status.schema_changes, status.snapshots) == (changes, snapshots)


def test_ignored_columns_are_named() -> None:
    job = collect_job(make_dataset())
    result = RESULT.model_copy(update={"ignored_columns": ("gate", "tail")})
    pod = job_pod(job, terminated(0, result))

    decision = decide(view(make_dataset(), ended_job(job), pods=(pod,)), NOW)

    assert decision.status.conditions == conditions(
        "SnapshotReady",
        "1000 rows, 1000 labelled, 1 parts; columns that earlier data does not have are ignored: "
        "gate, tail",
        ready="True",
    )


def test_recorded_job_is_deleted_and_the_next_look_is_waited_for() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = ended_job(collect_job(dataset))

    assert decide(view(dataset, job), NOW) == Decision(
        status=COLLECTED, delete=(job,), requeue_seconds=200.0
    )


def test_settled_dataset_changes_nothing() -> None:
    dataset = make_dataset(status=COLLECTED)

    assert decide(view(dataset), NOW) == Decision(status=COLLECTED, requeue_seconds=200.0)


def test_look_in_flight_keeps_the_dataset_ready() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = collect_job(dataset, 2)

    assert decide(view(dataset, job, pods=(job_pod(job, {"running": {}}),)), NOW) == Decision(
        status=COLLECTED
    )


def test_changed_spec_is_collected_at_once() -> None:
    dataset = make_dataset(status=COLLECTED, metadata={"generation": 2})

    decision = decide(view(dataset), NOW)

    assert len(decision.create) == 1
    assert decision.status == COLLECTED.model_copy(
        update={
            "observed_generation": 2,
            "conditions": conditions(
                "Collecting",
                "a snapshot for the changed spec is being made",
                "Reconciling",
                generation=2,
            ),
        }
    )


def test_result_of_an_older_spec_is_recorded_as_that() -> None:
    dataset = make_dataset()
    job = ended_job(collect_job(dataset))
    changed = make_dataset(metadata={"generation": 2})
    pod = job_pod(job, terminated(0, RESULT))

    decision = decide(view(changed, job, pods=(pod,)), NOW)

    assert (decision.status.collected_generation, decision.status.observed_generation) == (1, 2)
    after = dataclasses.replace(observed(changed), status=decision.status)
    assert due_in(after, NOW) == 0.0


def test_failed_look_is_told_and_the_snapshot_stays() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = ended_job(collect_job(dataset, 2), "Failed")
    failure = Failure(reason=FailureReason.SOURCE_UNREADABLE, message="a.csv is no Parquet")
    pod = job_pod(job, terminated(10, failure, "Error"))

    decision = decide(view(dataset, job, pods=(pod,)), NOW)

    assert decision == Decision(
        status=COLLECTED.model_copy(
            update={
                "conditions": conditions("SourceUnreadable", "a.csv is no Parquet", "Stalled"),
                "last_attempt_time": time_text(NOW),
                "collections": 2,
            }
        )
    )


def test_failed_checks_are_listed_until_a_collection_succeeds() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = ended_job(collect_job(dataset, 2), "Failed")
    failures = ("`distance` must be at least 0", "`tail` must be unique")
    failure = Failure(
        reason=FailureReason.CHECK_FAILED, message="2 checks failed", failures=failures
    )
    pod = job_pod(job, terminated(10, failure, "Error"))

    failed = decide(view(dataset, job, pods=(pod,)), NOW).status

    assert failed.failures == failures
    assert failed.conditions == conditions("CheckFailed", "2 checks failed", "Stalled")
    again = make_dataset(status=failed)
    job = ended_job(collect_job(again, 3))
    pod = job_pod(job, terminated(0, RESULT))
    assert decide(view(again, job, pods=(pod,)), NOW).status.failures == ()


def test_failed_look_is_repeated_when_the_next_is_due() -> None:
    failed = COLLECTED.model_copy(
        update={"collections": 2, "conditions": conditions("SourceEmpty", "none", "Stalled")}
    )
    dataset = make_dataset(status=failed)

    decision = decide(view(dataset), NOW + timedelta(seconds=200))

    assert [job["metadata"]["annotations"][labels.ROUND] for job in decision.create] == ["3"]
    assert decision.status == failed


def test_pod_that_cannot_start_is_told() -> None:
    dataset = make_dataset()
    job = collect_job(dataset)
    pod = job_pod(job, {"waiting": {"reason": "ErrImagePull", "message": "no such host"}})

    decision = decide(view(dataset, job, pods=(pod,)), NOW)

    message = "image 'registry.test/trainer:1' cannot be had: no such host"
    assert decision.status.conditions == conditions("ImagePullFailed", message, "Stalled")


def test_pod_that_cannot_start_leaves_the_snapshot_ready_and_says_what_it_waits_for() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = collect_job(dataset, 2)
    scheduled = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes have cpu"}
    pod = job_pod(job, {}, conditions=[scheduled])

    waiting = decide(view(dataset, job, pods=(pod,)), NOW).status
    after = make_dataset(status=waiting)
    resumed = decide(view(after, job, pods=(job_pod(job, {"running": {}}),)), NOW).status

    message = "the source cannot be looked at again yet: no node takes the pod: 0/1 nodes have cpu"
    [_, reconciling] = conditions("Unschedulable", message, "Reconciling")
    assert waiting == COLLECTED.model_copy(update={"conditions": (*READY, reconciling)})
    assert resumed == COLLECTED


def test_refusal_leaves_the_snapshot_ready_and_is_forgotten_when_it_is_over() -> None:
    metadata = observed(make_dataset()).metadata
    message = "the API server refused to delete Job 'old': forbidden"

    blocked = block(metadata, COLLECTED, "RequestRefused", message, NOW)
    resumed = decide(view(make_dataset(status=blocked.status)), NOW)

    [_, reconciling] = conditions("RequestRefused", message, "Reconciling")
    assert blocked == Decision(status=after(conditions=(*READY, reconciling)), requeue_seconds=60.0)
    assert resumed == Decision(status=COLLECTED, requeue_seconds=200.0)


def test_refusal_of_what_the_first_snapshot_needs_stalls() -> None:
    metadata = observed(make_dataset()).metadata
    message = "the API server refused to create Job 'new': exceeded quota"

    blocked = block(metadata, DatasetStatus(), "RequestRefused", message, NOW)

    said = conditions("RequestRefused", message, "Stalled")
    assert blocked == Decision(
        status=DatasetStatus(observed_generation=1, conditions=said), requeue_seconds=60.0
    )


def test_what_was_said_stays_while_pods_are_taken_away() -> None:
    dataset = make_dataset(status=COLLECTED)
    job = ended_job(collect_job(dataset, 2), "FailureTarget", "DeadlineExceeded")

    assert decide(view(dataset, job), NOW) == Decision(status=COLLECTED)


def test_running_job_is_followed_though_the_store_is_gone() -> None:
    dataset = make_dataset()
    job = ended_job(collect_job(dataset))
    pod = job_pod(job, terminated(0, RESULT))

    decision = decide(view(dataset, job, pods=(pod,), has_store=False), NOW)

    assert decision.status.snapshot == RESULT.snapshot


@pytest.mark.parametrize(
    ("status", "seconds_from_now", "due"),
    [
        pytest.param(DatasetStatus(), 0, 0.0, id="never collected is due"),
        pytest.param(COLLECTED, 0, 200.0, id="300 seconds after the last attempt"),
        pytest.param(COLLECTED, 199, 1.0, id="one second before"),
        pytest.param(COLLECTED, 200, 0.0, id="exactly then"),
        pytest.param(COLLECTED, 9999, 0.0, id="long overdue"),
    ],
)
def test_when_the_next_look_is_due(
    status: DatasetStatus, seconds_from_now: int, due: float
) -> None:
    dataset = observed(make_dataset(status=status))

    assert due_in(dataset, NOW + timedelta(seconds=seconds_from_now)) == due
