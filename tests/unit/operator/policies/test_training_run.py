"""How a run waits, starts and is followed."""

from typing import Any

import pytest
from tests.builders import (
    IMPORTED,
    NOW,
    make_dataset,
    make_run,
    make_snapshot,
    snapshot_reference,
    time_text,
)
from tests.unit.operator.observations import (
    as_sent,
    conditions,
    import_job,
    job_pod,
    observed,
    request_text,
    train_job,
)
from tests.unit.operator.policies.runs import (
    CHAMPION,
    SNAPSHOT,
    failed_attempt,
    status,
    training,
    view,
)

from tidewheel_contracts.api.v1alpha1.dataset import DatasetStatus
from tidewheel_contracts.api.v1alpha1.run_status import Stage, TrainingRunStatus
from tidewheel_contracts.job import TrainRequest
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide


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


def test_run_that_imports_starts_the_job_that_judges_the_file() -> None:
    run = make_run(imported=IMPORTED)

    decision = decide(view(run, champion=CHAMPION), NOW)

    assert decision.create == (as_sent(import_job(run, champion=CHAMPION)),)
    (job,) = decision.create
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["import"]


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

    words = "the last of 3 Jobs was deleted before its end; `status.failedAttempts` lists them"
    said = conditions("JobLost", words, "Stalled", "Failed")
    assert decision == Decision(
        status=training(3).model_copy(
            update={
                "conditions": said,
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
                "failed_attempts": (
                    failed_attempt(3, "JobDeleted", "somebody deleted the Job before its end"),
                ),
            }
        )
    )
