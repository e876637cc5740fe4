"""A run from admission to its verdict."""

import dataclasses
from typing import Any

import pytest
from tests.builders import (
    CREATED,
    NOW,
    Object,
    make_dataset,
    make_result,
    make_run,
    make_snapshot,
    make_store,
    snapshot_reference,
    time_text,
)
from tests.unit.operator.observations import (
    TRAINER,
    as_sent,
    conditions,
    ended_job,
    job_pod,
    observed,
    request_text,
    terminated,
    train_job,
)

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.training_run import (
    Cause,
    ChampionReference,
    Images,
    Stage,
    TrainingRunStatus,
    Trigger,
    Verdict,
)
from tidewheel_contracts.job import Failure, FailureReason, TrainRequest, TrainResult
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide
from tidewheel_operator.policies.training_run_view import TrainingRunView

TRIGGER = Trigger(cause=Cause.DEMAND)
SNAPSHOT = make_snapshot()
DATASET = observed(make_dataset(status=DatasetStatus(snapshot=SNAPSHOT)))
CHAMPION = ChampionReference(
    name="flight-delay-v1", number=1, manifest_key="key", manifest_digest=SNAPSHOT.digest
)
IMAGE = "registry.test/trainer:1@sha256:1"


def view(
    run: Object, *jobs: Object, pods: tuple[Object, ...] = (), **changes: Any
) -> TrainingRunView:
    by_job: dict[str, Any] = {job["metadata"]["uid"]: () for job in jobs}
    for pod in pods:
        by_job[pod["metadata"]["ownerReferences"][0]["uid"]] += (pod,)
    plain = TrainingRunView(
        run=observed(run),
        trigger=TRIGGER,
        is_admitted=True,
        is_superfluous=False,
        store=observed(make_store()).spec,
        dataset=DATASET,
        champion=None,
        jobs=jobs,
        pods=by_job,
        image=TRAINER,
    )
    return dataclasses.replace(plain, **changes)


def status(stage: Stage, *said: Any, **fields: Any) -> TrainingRunStatus:
    """Return a run's status with these conditions."""
    return TrainingRunStatus(
        observed_generation=1, conditions=said, stage=stage, trigger=TRIGGER, **fields
    )


def training(attempt: int = 1, **fields: Any) -> TrainingRunStatus:
    """Return the status of a run whose Job runs."""
    run = make_run()
    return status(
        Stage.TRAINING,
        *conditions("Training", "the training Job runs", "Reconciling"),
        attempt=attempt,
        job_name=train_job(run, attempt)["metadata"]["name"],
        snapshot=snapshot_reference(SNAPSHOT),
        start_time=time_text(CREATED),
        **fields,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"is_admitted": False},
            status(
                Stage.QUEUED,
                *conditions(
                    "Queued", "ModelPipeline 'loop' has not admitted the run yet", "Reconciling"
                ),
            ),
            id="its pipeline has not admitted it",
        ),
        pytest.param(
            {"store": None},
            status(
                Stage.WAITING,
                *conditions(
                    "ArtifactStoreMissing",
                    "the namespace needs an ArtifactStore named 'default'",
                    "Stalled",
                ),
            ),
            id="the store is missing",
        ),
        pytest.param(
            {"dataset": None},
            status(
                Stage.WAITING,
                *conditions(
                    "DatasetMissing",
                    "Dataset 'flights' must exist in the run's namespace",
                    "Stalled",
                ),
            ),
            id="the Dataset is missing",
        ),
        pytest.param(
            {"dataset": observed(make_dataset())},
            status(
                Stage.WAITING,
                *conditions(
                    "SnapshotPending", "Dataset 'flights' has no snapshot yet", "Reconciling"
                ),
            ),
            id="the Dataset has no snapshot",
        ),
        pytest.param(
            {"is_admitted": False, "store": None, "dataset": None},
            status(
                Stage.QUEUED,
                *conditions(
                    "Queued", "ModelPipeline 'loop' has not admitted the run yet", "Reconciling"
                ),
            ),
            id="admission comes before everything else",
        ),
        pytest.param(
            {"store": None, "dataset": None},
            status(
                Stage.WAITING,
                *conditions(
                    "ArtifactStoreMissing",
                    "the namespace needs an ArtifactStore named 'default'",
                    "Stalled",
                ),
            ),
            id="the store comes before the Dataset",
        ),
        pytest.param(
            {"is_admitted": False, "is_superfluous": True},
            status(
                Stage.FINISHED,
                *conditions(
                    "NothingNewToLearn",
                    "the last run has learned this snapshot by this recipe",
                    "Complete",
                    ready="True",
                ),
                completion_time=time_text(NOW),
            ),
            id="there is nothing new to learn",
        ),
    ],
)
def test_run_does_not_start_while(changes: Any, expected: TrainingRunStatus) -> None:
    run = make_run(pipeline_name="loop")

    assert decide(view(run, **changes), NOW) == Decision(status=expected)


def test_run_starts_with_the_newest_snapshot_and_the_champion() -> None:
    run = make_run()

    decision = decide(view(run, champion=CHAMPION), NOW)

    assert decision == Decision(
        status=status(
            Stage.TRAINING,
            *conditions("Training", "the training Job is being created", "Reconciling"),
        ),
        create=(as_sent(train_job(run, champion=CHAMPION)),),
    )


def test_running_job_is_copied_into_status() -> None:
    run = make_run()
    job = train_job(run, champion=CHAMPION)

    assert decide(view(run, job), NOW) == Decision(status=training(champion=CHAMPION))


def test_run_in_training_changes_nothing_when_nothing_changes() -> None:
    run = make_run(status=training())

    assert decide(view(run, train_job(run)), NOW) == Decision(status=training())


def test_problem_of_the_pod_is_told() -> None:
    run = make_run(status=training())
    job = train_job(run)
    pod = job_pod(job, {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}})

    decision = decide(view(run, job, pods=(pod,)), NOW)

    message = "image 'registry.test/trainer:1' cannot be had: not found"
    assert decision.status.conditions == conditions("ImagePullFailed", message, "Reconciling")


def test_running_job_ends_though_its_dataset_is_deleted() -> None:
    run = make_run(status=training())

    decision = decide(view(run, train_job(run), dataset=None), NOW)

    assert decision == Decision(
        status=training().model_copy(
            update={
                "conditions": conditions(
                    "DatasetMissing",
                    "Dataset 'flights' is gone; the run uses its snapshot",
                    "Reconciling",
                )
            }
        )
    )


def test_deleted_job_is_made_again_with_the_snapshot_and_champion_of_the_first() -> None:
    run = make_run(status=training(champion=CHAMPION))
    newer = DatasetStatus(snapshot=make_snapshot("snapshot two", 2000))
    other = CHAMPION.model_copy(update={"number": 2})

    decision = decide(view(run, dataset=observed(make_dataset(status=newer)), champion=other), NOW)

    [job] = decision.create
    assert job == as_sent(train_job(run, 2, champion=CHAMPION))
    request = TrainRequest.model_validate_json(request_text(job))
    assert request.snapshot == snapshot_reference(SNAPSHOT)


def test_deleted_job_is_made_again_though_the_snapshot_left_the_dataset() -> None:
    run = make_run(status=training())

    decision = decide(view(run, dataset=observed(make_dataset())), NOW)

    assert decision.create == (as_sent(train_job(run, 2)),)


def test_second_job_is_followed_before_status_knows_it() -> None:
    run = make_run(status=training())

    decision = decide(view(run, train_job(run), train_job(run, 2)), NOW)

    assert decision == Decision(status=training(2))


def test_job_deleted_three_times_fails_the_run() -> None:
    run = make_run(status=training(3))

    decision = decide(view(run), NOW)

    said = conditions("JobLost", "the training Job was deleted 3 times", "Stalled", "Failed")
    assert decision == Decision(
        status=training(3).model_copy(
            update={
                "conditions": said,
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
            }
        )
    )


def test_result_is_recorded_before_anything_is_made_of_it() -> None:
    run = make_run(status=training())
    job = train_job(run)
    result = make_result()
    pod = job_pod(job, terminated(0, TrainResult(result=result)))

    assert decide(view(run, ended_job(job), pods=(pod,)), NOW) == Decision(
        status=training().model_copy(
            update={
                "conditions": conditions("Registering", "the verdict is recorded", "Reconciling"),
                "stage": Stage.REGISTERING,
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
            update={"conditions": conditions("Training", message, "Reconciling")}
        ),
        create=(as_sent(train_job(run, 2)),),
    )


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
    result = make_result(verdict, verdict_reason="BelowMinimum", message="0.61 < 0.70")
    before = training().model_copy(update={"result": result, "stage": Stage.REGISTERING})
    run = make_run(status=before)

    decision = decide(view(run), NOW)

    said = conditions(reason, "BelowMinimum: 0.61 < 0.70", "Complete", ready="True")
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
