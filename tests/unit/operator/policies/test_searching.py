"""How a run searches: its pods run trials, then one Job judges the best of them."""

from typing import Any

from tests.builders import CREATED, NOW, Object, make_run, snapshot_reference, time_text
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    ended_job,
    job_pod,
    reduce_job,
    search_job,
    terminated,
)
from tests.unit.operator.policies.runs import CHAMPION, SNAPSHOT, status, view

from tidewheel_contracts.api.v1alpha1.run_status import SearchProgress, Stage, TrainingRunStatus
from tidewheel_contracts.job import Failure, FailureReason, SearchResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide

SEARCH = {"trials": 8, "parallelism": 2}
SCORED = SearchResult(
    trials=8, finished=6, failed=1, pruned=1, best_candidate="boosting", best_score="0.71"
)


def searching_run(run_status: TrainingRunStatus | None = None) -> Object:
    return make_run(search=SEARCH, status=run_status)


def progress(job: Object, **fields: Any) -> SearchProgress:
    return SearchProgress(job_name=job["metadata"]["name"], pods=2, **fields)


def all_scored(job: Object, **fields: Any) -> SearchProgress:
    scored = SCORED.model_dump(exclude={"kind"})
    return progress(job, **scored, completion_time=time_text(NOW), **fields)


def searching(message: str, job: Object, **search: Any) -> TrainingRunStatus:
    return status(
        Stage.SEARCHING,
        *conditions("Searching", message, "Reconciling"),
        **_followed(job, 1),
        search=progress(job, **search),
    )


def _followed(job: Object, attempt: int) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "job_name": job["metadata"]["name"],
        "snapshot": snapshot_reference(SNAPSHOT),
        "start_time": time_text(CREATED),
    }


def pods_of(job: Object, *states: Object) -> tuple[Object, ...]:
    return tuple(
        job_pod(job, state, name=f"{job['metadata']['name']}-{index}")
        for index, state in enumerate(states)
    )


def completed_job(job: Object) -> Object:
    ended = ended_job(job)
    return {**ended, "status": {**ended["status"], "succeeded": 2, "completedIndexes": "0,1"}}


def test_run_with_a_search_begins_with_its_pods() -> None:
    run = searching_run()

    decision = decide(view(run, champion=CHAMPION), NOW)

    assert decision == Decision(
        status=status(
            Stage.SEARCHING,
            *conditions(
                "Searching", "the Job that runs the trials is being created", "Reconciling"
            ),
        ),
        create=(as_sent(search_job(run, champion=CHAMPION)),),
    )


def test_trials_of_a_pod_that_has_ended_are_told_while_the_others_run() -> None:
    run = searching_run()
    job = {**search_job(run), "status": {"succeeded": 1}}
    first = SCORED.model_copy(update={"finished": 3, "failed": 0, "pruned": 0})
    pods = pods_of(job, terminated(0, first), {"running": {}})

    decision = decide(view(run, job, pods=pods), NOW)

    assert decision == Decision(
        status=searching(
            "1 of 2 pods have done their share of the trials",
            job,
            finished_pods=1,
            trials=8,
            finished=3,
            best_candidate="boosting",
            best_score="0.71",
        )
    )


def test_run_in_search_changes_nothing_when_nothing_changes() -> None:
    job = search_job(searching_run())
    wanted = searching("the pods of the search run its trials", job)

    assert decide(view(searching_run(wanted), job), NOW) == Decision(status=wanted)


def test_problem_of_a_pod_is_told() -> None:
    run = searching_run()
    job = search_job(run)
    [pod] = pods_of(job, {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}})

    decision = decide(view(run, job, pods=(pod,)), NOW)

    message = "image 'registry.test/trainer:1' cannot be had: not found"
    assert decision.status.conditions == conditions("ImagePullFailed", message, "Reconciling")


def test_best_trial_is_judged_on_the_snapshot_and_champion_of_the_search() -> None:
    run = searching_run()
    job = completed_job(search_job(run, champion=CHAMPION))
    pods = pods_of(job, terminated(0, SCORED), terminated(0, SCORED))
    other = CHAMPION.model_copy(update={"number": 2})

    decision = decide(view(run, job, pods=pods, champion=other), NOW)

    message = "the Job that judges the best trial is being created"
    assert decision == Decision(
        status=status(
            Stage.TRAINING,
            *conditions("Training", message, "Reconciling"),
            **_followed(job, 1),
            champion=CHAMPION,
            search=all_scored(job, finished_pods=2),
        ),
        create=(as_sent(reduce_job(run, 2, CHAMPION)),),
    )


def test_judging_job_is_followed_before_status_knows_that_the_search_has_ended() -> None:
    run = searching_run()
    job = completed_job(search_job(run))
    pods = pods_of(job, terminated(0, SCORED), terminated(0, SCORED))

    decision = decide(view(run, job, reduce_job(run), pods=pods), NOW)

    assert decision == Decision(
        status=status(
            Stage.TRAINING,
            *conditions("Training", "the training Job runs", "Reconciling"),
            **_followed(reduce_job(run), 2),
            search=all_scored(job, finished_pods=2),
        )
    )


def test_search_is_not_run_again_when_the_judging_job_is_deleted() -> None:
    run = searching_run()
    job = completed_job(search_job(run))
    known = status(
        Stage.TRAINING,
        **_followed(reduce_job(run), 2),
        search=all_scored(job, finished_pods=2),
    )

    decision = decide(view(searching_run(known)), NOW)

    assert decision.create == (as_sent(reduce_job(run, 3)),)


def test_deleted_search_is_made_again_and_finds_its_trials_in_the_store() -> None:
    run = searching_run()
    known = searching("the pods of the search run its trials", search_job(run))

    decision = decide(view(searching_run(known)), NOW)

    assert decision.create == (as_sent(search_job(run, 2)),)


def test_one_pod_that_came_to_its_end_is_enough_to_judge() -> None:
    run = searching_run()
    failed = ended_job(search_job(run), "Failed", "FailedIndexes", "an index has failed")
    job = {**failed, "status": {**failed["status"], "succeeded": 1, "completedIndexes": "1"}}
    pods = pods_of(job, terminated(137, "", "OOMKilled"), terminated(0, SCORED))

    decision = decide(view(run, job, pods=pods), NOW)

    assert decision.create == (as_sent(reduce_job(run, 2)),)
    assert decision.status.search == all_scored(job, finished_pods=1)


def test_search_whose_parameters_are_wrong_fails_the_run() -> None:
    run = searching_run()
    job = ended_job(search_job(run), "Failed", "FailedIndexes", "all indexes have failed")
    failure = Failure(reason=FailureReason.PARAMETER_INVALID, message="no parameter 'depht'")
    pods = pods_of(job, terminated(10, failure), terminated(10, failure))

    decision = decide(view(run, job, pods=pods), NOW)

    said = conditions("ParameterInvalid", "no parameter 'depht'", "Stalled", "Failed")
    assert (decision.status.conditions, decision.status.stage) == (said, Stage.FINISHED)


def test_search_that_runs_out_of_time_fails_the_run_and_names_its_own_limit() -> None:
    run = searching_run()
    job = ended_job(search_job(run), "Failed", "DeadlineExceeded", "it ran too long")

    decision = decide(view(run, job), NOW)

    words = "it ran too long; `search.maxSeconds` ends a search in time to judge what it has found"
    said = conditions("DeadlineExceeded", words, "Stalled", "Failed")
    assert (decision.status.conditions, decision.create) == (said, ())


def test_trials_are_judged_though_time_ran_out_after_a_pod_had_ended() -> None:
    run = searching_run()
    failed = ended_job(search_job(run), "Failed", "DeadlineExceeded", "it ran too long")
    job = {**failed, "status": {**failed["status"], "succeeded": 1, "completedIndexes": "0"}}

    assert decide(view(run, job), NOW).create == (as_sent(reduce_job(run, 2)),)


def test_lost_messages_do_not_hold_up_a_search_that_succeeded() -> None:
    run = searching_run()
    job = completed_job(search_job(run))

    assert decide(view(run, job), NOW).create == (as_sent(reduce_job(run, 2)),)


def test_search_deleted_again_and_again_fails_the_run() -> None:
    known = searching("", search_job(searching_run(), 3)).model_copy(update={"attempt": 3})

    decision = decide(view(searching_run(known)), NOW)

    assert decision.status.conditions == conditions(
        "JobLost",
        "the last of 3 Jobs was deleted before its end; `status.failedAttempts` lists them",
        "Stalled",
        "Failed",
    )
