"""What the status keeps of Jobs without a result, and how memory that ran out is answered."""

from typing import Any

import pytest
from tests.builders import NOW, Object, make_run
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    ended_job,
    job_pod,
    observed,
    search_job,
    terminated,
    train_job,
)
from tests.unit.operator.policies.runs import failed_attempt, training, view

from tidewheel_contracts.api.v1alpha1.run_status import FailedAttempt
from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_operator.policies.failed_attempts import with_failed_attempts
from tidewheel_operator.policies.training_run import decide

TOO_LITTLE = "the pod used more memory than `resources.memory` allows; raise it"
DELETED = failed_attempt(1, "JobDeleted", "somebody deleted the Job before its end")


def failed_attempts(run: Object, *jobs: Object, **seen: Any) -> tuple[FailedAttempt, ...]:
    return with_failed_attempts(view(run, *jobs, **seen)).run.status.failed_attempts


def out_of_memory(job: Object) -> tuple[Object, Object]:
    """Return a Job that has failed, and its pod that the kernel killed."""
    return ended_job(job, "Failed"), job_pod(job, terminated(137, "", "OOMKilled"))


def memory_of(job: Object) -> str:
    [container] = job["spec"]["template"]["spec"]["containers"]
    limit: str = container["resources"]["limits"]["memory"]
    return limit


def test_running_and_finished_jobs_are_no_failures() -> None:
    run = make_run(status=training())

    assert failed_attempts(run, train_job(run)) == ()


def test_deleted_job_is_kept() -> None:
    assert failed_attempts(make_run(status=training())) == (DELETED,)


def test_attempts_are_kept_in_order_and_once() -> None:
    known = training(2).model_copy(update={"failed_attempts": (DELETED,)})
    run = make_run(status=known)
    failure = Failure(reason=FailureReason.NO_FEATURES, message="no column")
    job = train_job(run, 2)
    pod = job_pod(job, terminated(10, failure))

    found = failed_attempts(run, ended_job(job, "Failed"), pods=(pod,))

    assert found == (DELETED, failed_attempt(2, "NoFeatures", "no column"))


def test_failed_job_is_kept_before_status_knows_the_next_one() -> None:
    run = make_run(status=training(), retry={"memory_limit": "8Gi"})
    job, pod = out_of_memory(train_job(run))

    decision = decide(view(run, job, train_job(run, 2), pods=(pod,)), NOW)

    assert decision.status.failed_attempts == (failed_attempt(1, "OutOfMemory", TOO_LITTLE),)
    assert decision.status.attempt == 2


@pytest.mark.parametrize(
    ("asked", "limit", "given"),
    [
        pytest.param("2Gi", "8Gi", "4Gi", id="twice as much"),
        pytest.param("2Gi", "3Gi", "3Gi", id="no more than the limit"),
        pytest.param("1536Mi", "8Gi", "3Gi", id="in the units of the API server"),
    ],
)
def test_run_that_ran_out_of_memory_is_tried_with_more(asked: str, limit: str, given: str) -> None:
    run = make_run(status=training(), resources={"memory": asked}, retry={"memory_limit": limit})
    job, pod = out_of_memory(train_job(run))

    decision = decide(view(run, job, pods=(pod,)), NOW)

    message = f"a pod ran out of memory; it is tried once more with {given}"
    assert decision.status.conditions == conditions("Training", message, "Reconciling")
    assert [memory_of(item) for item in decision.create] == [given]


@pytest.mark.parametrize("limit", [None, "1Gi", "2Gi"])
def test_run_without_room_for_more_memory_fails(limit: str | None) -> None:
    run = make_run(status=training(), retry={"memory_limit": limit})
    job, pod = out_of_memory(train_job(run))

    decision = decide(view(run, job, pods=(pod,)), NOW)

    assert decision.create == ()
    assert decision.status.conditions == conditions("OutOfMemory", TOO_LITTLE, "Stalled", "Failed")


def test_run_that_ran_out_of_memory_twice_fails_and_lists_both_attempts() -> None:
    first = failed_attempt(1, "OutOfMemory", TOO_LITTLE)
    known = training(2).model_copy(update={"failed_attempts": (first,)})
    run = make_run(status=known, retry={"memory_limit": "64Gi"})
    job, pod = out_of_memory(train_job(run, 2))

    decision = decide(view(run, job, pods=(pod,)), NOW)

    assert decision.create == ()
    assert decision.status.failed_attempts == (
        first,
        failed_attempt(2, "OutOfMemory", TOO_LITTLE, "4096Mi"),
    )


def test_search_without_a_pod_that_ended_well_is_tried_with_more_memory() -> None:
    run = make_run(search={}, retry={"memory_limit": "8Gi"})
    job, pod = out_of_memory(search_job(run))

    decision = decide(view(run, job, pods=(pod,)), NOW)

    message = "a pod ran out of memory; it is tried once more with 4Gi"
    assert decision.status.conditions == conditions("Searching", message, "Reconciling")
    assert [memory_of(item) for item in decision.create] == ["4Gi"]


def test_run_without_memory_trouble_keeps_what_it_asked_for() -> None:
    run = make_run(status=training(), retry={"memory_limit": "8Gi"})

    [job] = decide(view(run), NOW).create

    assert job == as_sent(train_job(run, 2))
    assert observed(run).spec.resources.memory == "2Gi"
