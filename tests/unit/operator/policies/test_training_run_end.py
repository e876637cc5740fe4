"""How a run ends: verdicts, failures, lost results."""

import pytest
from tests.builders import (
    CREATED,
    NOW,
    make_result,
    make_run,
    time_text,
)
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    ended_job,
    job_pod,
    terminated,
    train_job,
)
from tests.unit.operator.policies.runs import IMAGE, failed_attempt, status, training, view

from tidewheel_contracts.api.v1alpha1.run_result import Images, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import Stage
from tidewheel_contracts.job import Failure, FailureReason, TrainResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide

LOST = failed_attempt(1, "ResultMissing", "the Job succeeded but its pod is gone")


def test_result_is_recorded_before_anything_is_made_of_it() -> None:
    run = make_run(status=training())
    job = train_job(run)
    result = make_result()
    pod = job_pod(job, terminated(0, TrainResult(result=result)))

    assert decide(view(run, ended_job(job), pods=(pod,)), NOW) == Decision(
        status=training().model_copy(
            update={
                "conditions": conditions("Verifying", "the verdict is recorded", "Reconciling"),
                "stage": Stage.VERIFYING,
                "result": result,
                "images": Images(trainer=IMAGE),
            }
        )
    )


def test_lost_result_is_asked_for_again() -> None:
    run = make_run(status=training())

    decision = decide(view(run, ended_job(train_job(run))), NOW)

    message = "the result was lost; another Job reports it again"
    assert decision == Decision(
        status=training().model_copy(
            update={
                "conditions": conditions("Training", message, "Reconciling"),
                "failed_attempts": (LOST,),
            }
        ),
        create=(as_sent(train_job(run, 2)),),
    )


@pytest.mark.parametrize(
    ("gone", "reason", "message"),
    [
        ("dataset", "DatasetMissing", "Dataset 'flights' must exist in the run's namespace"),
        ("store", "ArtifactStoreMissing", "the namespace needs an ArtifactStore named 'default'"),
    ],
)
def test_lost_result_of_a_run_that_lost_more_waits_and_says_so(
    gone: str, reason: str, message: str
) -> None:
    run = make_run(status=training())

    decision = decide(view(run, ended_job(train_job(run)), **{gone: None}), NOW)

    said = {
        "conditions": conditions(reason, message, "Stalled"),
        "stage": Stage.WAITING,
        "failed_attempts": (LOST,),
    }
    assert decision == Decision(status=training().model_copy(update=said))


def test_result_lost_three_times_fails_the_run() -> None:
    run = make_run(status=training(3))

    decision = decide(view(run, ended_job(train_job(run, 3))), NOW)

    message = "the Job succeeded but its pod is gone"
    assert decision.create == ()
    assert decision.status.conditions == conditions("ResultMissing", message, "Stalled", "Failed")


def test_what_was_said_stays_while_pods_are_taken_away() -> None:
    told = training().model_copy(update={"conditions": conditions("Unschedulable", "no node")})
    run = make_run(status=told)
    job = ended_job(train_job(run), "FailureTarget", "DeadlineExceeded")

    assert decide(view(run, job), NOW) == Decision(status=told)


def test_failure_of_the_program_fails_the_run() -> None:
    run = make_run(status=training())
    job = train_job(run)
    failure = Failure(reason=FailureReason.TARGET_HAS_ONE_CLASS, message="'late' is always 0")
    pod = job_pod(job, terminated(10, failure, "Error"))

    decision = decide(view(run, ended_job(job, "Failed"), pods=(pod,)), NOW)

    said = conditions("TargetHasOneClass", "'late' is always 0", "Stalled", "Failed")
    assert decision == Decision(
        status=training().model_copy(
            update={
                "conditions": said,
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
                "failed_attempts": (failed_attempt(1, "TargetHasOneClass", "'late' is always 0"),),
            }
        )
    )


@pytest.mark.parametrize("reason", ["Unschedulable", "ImagePullFailed", "SecretMissing"])
def test_deadline_is_explained_by_what_kept_the_pod_from_starting(reason: str) -> None:
    before = training().model_copy(
        update={"conditions": conditions(reason, "words", "Reconciling")}
    )
    run = make_run(status=before)
    job = ended_job(train_job(run), "Failed", "DeadlineExceeded", "longer than its deadline")

    decision = decide(view(run, job), NOW)

    message = "words; so until `activeDeadlineSeconds` passed"
    assert decision.status.conditions == conditions(reason, message, "Stalled", "Failed")


def test_deadline_that_passed_in_training_is_told_as_it_is() -> None:
    run = make_run(status=training())
    job = ended_job(train_job(run), "Failed", "DeadlineExceeded", "longer than its deadline")

    decision = decide(view(run, job), NOW)

    assert decision.status.conditions == conditions(
        "DeadlineExceeded", "longer than its deadline", "Stalled", "Failed"
    )


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [(Verdict.REFUSED, "Refused"), (Verdict.INCONCLUSIVE, "Inconclusive")],
)
def test_verdict_without_a_version_ends_the_run(verdict: Verdict, reason: str) -> None:
    result = make_result(verdict, verdict_reason="ThresholdMissed", message="0.61 < 0.70")
    before = training().model_copy(update={"result": result, "stage": Stage.REGISTERING})
    run = make_run(status=before)

    decision = decide(view(run), NOW)

    said = conditions(reason, "ThresholdMissed: 0.61 < 0.70", "Complete", ready="True")
    assert decision == Decision(
        status=before.model_copy(
            update={
                "conditions": said,
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
            }
        )
    )


def test_ended_run_stays_as_it_is_whatever_happens_around_it() -> None:
    ended = training().model_copy(
        update={"completion_time": time_text(CREATED), "stage": Stage.FINISHED}
    )

    decision = decide(view(make_run(status=ended), store=None, dataset=None), NOW)

    assert decision == Decision(status=ended)


def test_coalesced_alerts_are_counted_and_never_fewer() -> None:
    queued = make_run(status=status(Stage.QUEUED, coalesced_alerts=5))

    more = decide(view(queued, is_admitted=False, coalesced_alerts=7), NOW)
    after_restart = decide(view(queued, is_admitted=False, coalesced_alerts=0), NOW)

    assert (more.status.coalesced_alerts, after_restart.status.coalesced_alerts) == (7, 5)
