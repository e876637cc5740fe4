"""Runs that are suspended, and runs whose Jobs Kueue lets wait."""

from typing import Any

import pytest
from tests.builders import NOW, Object, make_run, snapshot_reference
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    ended_job,
    job_pod,
    search_job,
    terminated,
    train_job,
)
from tests.unit.operator.policies.runs import SNAPSHOT, failed_attempt, status, training, view
from tests.unit.operator.policies.test_searching import (
    SEARCH,
    all_scored,
    completed_job,
    pods_of,
    progress,
)

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.run_status import Stage, TrainingRunStatus
from tidewheel_contracts.job import Failure, FailureReason, SearchResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide

ANEW = "`spec.suspend` is true: when it is false, the training begins anew"
GOES_ON = (
    "`spec.suspend` is true: when it is false, the search goes on with the trials that are in the "
    "store"
)
QUEUE = {"queue_name": "lab", "priority_class_name": "urgent"}


def suspended(message: str, **fields: Any) -> TrainingRunStatus:
    """Return the status of a suspended run."""
    return status(Stage.SUSPENDED, *conditions("Suspended", message, "Suspended"), **fields)


def taken(attempt: int, suspensions: int, **fields: Any) -> dict[str, Any]:
    """Return what a status keeps of a Job that was taken away."""
    known = training(attempt)
    return {
        "attempt": attempt,
        "suspensions": suspensions,
        "snapshot": snapshot_reference(SNAPSHOT),
        "start_time": known.start_time,
        **fields,
    }


def waiting_job(run: Object, **labels_of_kueue: str) -> Object:
    """Return a Job of a run that somebody has suspended."""
    job = train_job(run)
    known = job["metadata"]["labels"]
    return {
        **job,
        "metadata": {**job["metadata"], "labels": {**known, **labels_of_kueue}},
        "spec": {**job["spec"], "suspend": True},
    }


def test_suspended_run_makes_no_job() -> None:
    run = make_run(suspend=True)

    assert decide(view(run), NOW) == Decision(
        status=suspended("`spec.suspend` is true: the run begins when it is false")
    )


def test_job_of_a_suspended_run_goes_once_the_status_says_so() -> None:
    run = make_run(suspend=True, status=training())
    job = train_job(run)

    assert decide(view(run, job), NOW) == Decision(
        status=suspended(ANEW, **taken(1, 1)), delete=(job,)
    )


def test_job_that_no_status_knows_goes_too() -> None:
    run = make_run(suspend=True)
    job = train_job(run)

    assert decide(view(run, job), NOW) == Decision(
        status=suspended(ANEW, **taken(1, 1)), delete=(job,)
    )


def test_a_job_that_is_on_its_way_out_counts_once() -> None:
    said = suspended(ANEW, **taken(1, 1))
    run = make_run(suspend=True, status=said)
    job = train_job(run)

    assert decide(view(run, job), NOW) == Decision(status=said, delete=(job,))


def test_job_of_a_run_that_is_resumed_before_it_goes_is_counted_as_no_suspension() -> None:
    run = make_run(status=suspended(ANEW, **taken(1, 1)))
    job = train_job(run)

    assert decide(view(run, job), NOW) == Decision(status=training())


def test_job_that_ends_before_it_goes_is_counted_as_no_suspension() -> None:
    run = make_run(suspend=True, status=suspended(ANEW, **taken(2, 2)))
    job = train_job(run, 2)
    failure = Failure(reason=FailureReason.NO_FEATURES, message="no column")

    decision = decide(
        view(run, ended_job(job, "Failed"), pods=(job_pod(job, terminated(10, failure)),)), NOW
    )

    assert (decision.status.suspensions, decision.status.attempt) == (1, 2)
    assert decision.delete == ()


def test_job_of_a_queue_that_waits_when_its_run_is_resumed_is_counted_as_no_suspension() -> None:
    run = make_run(status=suspended(ANEW, **taken(1, 1)), **QUEUE)

    decision = decide(view(run, waiting_job(run, **{labels.QUEUE: "lab"})), NOW)

    assert (decision.status.stage, decision.status.suspensions) == (Stage.QUEUED, 0)


def test_suspended_run_waits_without_failed_attempts() -> None:
    said = suspended(ANEW, **taken(1, 1))

    assert decide(view(make_run(suspend=True, status=said)), NOW) == Decision(status=said)


def test_resumed_run_goes_on_with_its_next_attempt() -> None:
    run = make_run(status=suspended(ANEW, **taken(1, 1)))

    decision = decide(view(run), NOW)

    assert decision == Decision(
        status=status(
            Stage.TRAINING,
            *conditions("Training", "the training Job is being created", "Reconciling"),
            **taken(1, 1),
        ),
        create=(as_sent(train_job(run, 2)),),
    )


def test_suspensions_use_up_no_attempt() -> None:
    run = make_run(status=suspended(ANEW, **taken(40, 40)))

    [job] = decide(view(run), NOW).create

    assert job["metadata"]["annotations"][labels.ROUND] == "41"


def test_deleted_jobs_count_beside_suspensions() -> None:
    lost = [failed_attempt(number, "JobDeleted", "somebody deleted it") for number in (1, 2)]
    known = training(5).model_copy(update={"suspensions": 2, "failed_attempts": tuple(lost)})

    decision = decide(view(make_run(status=known)), NOW)

    assert decision.status.conditions[0].reason == "JobLost"


def test_suspended_search_keeps_its_trials() -> None:
    run = make_run(search=SEARCH, suspend=True)
    job = search_job(run)

    decision = decide(view(run, job), NOW)

    assert decision == Decision(
        status=suspended(GOES_ON, **taken(1, 1, search=progress(job))), delete=(job,)
    )


def test_end_of_a_search_counts_though_the_run_is_suspended() -> None:
    run = make_run(search=SEARCH, suspend=True)
    job = completed_job(search_job(run))
    scored = SearchResult(
        trials=8, finished=6, failed=1, pruned=1, best_candidate="boosting", best_score="0.71"
    )

    decision = decide(view(run, job, pods=pods_of(job, terminated(0, scored))), NOW)

    assert decision.create == decision.delete == ()
    assert decision.status == suspended(
        "`spec.suspend` is true: when it is false, the best trial is judged",
        **taken(1, 0, search=all_scored(job, finished_pods=2)),
        job_name=job["metadata"]["name"],
    )


def test_failure_counts_though_the_run_is_suspended() -> None:
    run = make_run(suspend=True, status=training())
    job = train_job(run)
    failure = Failure(reason=FailureReason.NO_FEATURES, message="no column")

    decision = decide(
        view(run, ended_job(job, "Failed"), pods=(job_pod(job, terminated(10, failure)),)), NOW
    )

    assert (decision.status.stage, decision.delete) == (Stage.FINISHED, ())


@pytest.mark.parametrize("purpose", [train_job, search_job])
def test_job_of_a_queue_is_created_suspended_with_kueues_labels(purpose: Any) -> None:
    search = SEARCH if purpose is search_job else None
    plain = as_sent(purpose(make_run(search=search)))

    [job] = decide(view(make_run(search=search, **QUEUE)), NOW).create

    assert job == {
        **plain,
        "metadata": {
            **plain["metadata"],
            "labels": {
                **plain["metadata"]["labels"],
                "kueue.x-k8s.io/queue-name": "lab",
                "kueue.x-k8s.io/priority-class": "urgent",
            },
        },
        "spec": {**plain["spec"], "suspend": True},
    }


def test_waiting_job_is_left_to_kueue_and_says_its_reason() -> None:
    run = make_run(**QUEUE)
    job = waiting_job(run, **{labels.QUEUE: "lab"})
    full = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "full"}
    workload = {"status": {"conditions": [full]}}

    decision = decide(
        view(run, job, workloads={job["metadata"]["uid"]: workload}, is_kueue_read=True), NOW
    )

    assert decision == Decision(
        status=status(
            Stage.QUEUED,
            *conditions("Queued", "the Job waits in LocalQueue 'lab': full", "Reconciling"),
            **{**taken(1, 0), "job_name": job["metadata"]["name"]},
        )
    )


def test_admitted_job_runs_as_any_other() -> None:
    run = make_run(status=training(), **QUEUE)
    job = {**waiting_job(run, **{labels.QUEUE: "lab"})}
    job = {**job, "spec": {**job["spec"], "suspend": False}}

    assert decide(view(run, job), NOW) == Decision(status=training())


def test_job_that_somebody_else_suspended_is_left_alone() -> None:
    run = make_run(status=training())
    job = waiting_job(run)
    name = job["metadata"]["name"]

    assert decide(view(run, job), NOW) == Decision(
        status=suspended(
            f"somebody else has suspended Job '{name}': the run goes on when its `spec.suspend` is "
            "false again",
            **{**taken(1, 0), "job_name": name},
        )
    )
