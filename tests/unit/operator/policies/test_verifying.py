"""The serving image is asked after the gate has passed, and before a number is given."""

from typing import Any

import pytest
from tests.builders import NOW, Object, make_deployment, make_result, make_run, stored, time_text
from tests.unit.operator.observations import (
    as_sent,
    check_job,
    conditions,
    ended_job,
    job_pod,
    observed,
    terminated,
    train_job,
)
from tests.unit.operator.policies.runs import IMAGE, training, view

from tidewheel_contracts.api.v1alpha1.gate_result import GateTest, GateTestResult
from tidewheel_contracts.api.v1alpha1.run_result import Images, RunResult, Verdict
from tidewheel_contracts.api.v1alpha1.run_status import CheckProgress, Stage, TrainingRunStatus
from tidewheel_contracts.api.v1alpha1.serving_engine import ServingEngine
from tidewheel_contracts.job import CheckResult, Failure, FailureReason, Wire
from tidewheel_operator.policies.decision import Decision
from tidewheel_operator.policies.training_run import decide
from tidewheel_operator.policies.verifying import is_verified

SERVER_IMAGE = "registry.test/server:1@sha256:1"
LOADS = "the serving image loads the published model and answers test rows"
GOOD = CheckResult(rows=200, load_seconds=1.53, answer_milliseconds=2.54)
SAYS_GOOD = "200 test rows answered as by the fit; loaded in 1.5 s, a row takes 2.5 ms"


def judged(result: RunResult | None = None, attempt: int = 0, **fields: Any) -> TrainingRunStatus:
    """Return the status of a run whose gate has passed so far."""
    check = None
    if attempt:
        name = check_job(make_run(), attempt)["metadata"]["name"]
        check = CheckProgress(attempt=attempt, job_name=name)
    said = conditions("Verifying", LOADS if attempt else "the verdict is recorded", "Reconciling")
    update = {"conditions": said, "stage": Stage.VERIFYING, "check": check, **fields}
    images = Images(trainer=IMAGE)
    return training(result=result or make_result(), images=images).model_copy(update=update)


def ended(job: Object, message: Wire | str, exit_code: int = 0, reason: str = "") -> Decision[Any]:
    """Return what is decided when a check's pod has ended so."""
    kind = "Failed" if exit_code else "Complete"
    run = make_run(
        status=judged(attempt=int(job["metadata"]["annotations"]["tidewheel.dev/round"]))
    )
    pod = job_pod(job, terminated(exit_code, message, reason))
    return decide(view(run, ended_job(train_job(run)), ended_job(job, kind), pods=(pod,)), NOW)


def gate_of(decision: Decision[Any]) -> tuple[GateTest, ...]:
    found: tuple[GateTest, ...] = decision.status.result.gate
    return found


def test_verdict_in_status_is_followed_by_a_job_of_the_serving_image() -> None:
    run = make_run(status=judged())

    decision = decide(view(run, ended_job(train_job(run))), NOW)

    said = conditions("Verifying", "the Job of the serving image is being created", "Reconciling")
    assert decision == Decision(status=judged(conditions=said), create=(as_sent(check_job(run)),))


def test_job_asks_with_what_a_server_of_the_deployment_gets() -> None:
    run = make_run(status=judged())
    resources = observed(make_deployment(resources={"cpu_milli": 500, "memory": "3Gi"})).spec

    [job] = decide(view(run, server_resources=resources.resources), NOW).create

    [container] = job["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["args"]) == ("registry.test/server:1", ["check"])
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "3Gi"},
        "limits": {"memory": "3Gi"},
    }


def test_run_shows_that_the_serving_image_is_being_asked() -> None:
    run = make_run(status=judged())
    job = check_job(run)

    decision = decide(view(run, ended_job(train_job(run)), job), NOW)

    assert decision == Decision(status=judged(attempt=1))


def test_run_shows_what_keeps_the_serving_image_from_starting() -> None:
    run = make_run(status=judged())
    job = check_job(run)
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}

    decision = decide(view(run, job, pods=(job_pod(job, waiting),)), NOW)

    message = "image 'registry.test/server:1' cannot be had: no such host"
    said = conditions("ImagePullFailed", message, "Reconciling")
    assert decision == Decision(status=judged(attempt=1, conditions=said))


def test_answers_are_recorded_as_the_last_test_of_the_gate() -> None:
    decision = ended(check_job(make_run()), GOOD)

    test = GateTest(name="LoadAndQuery", result=GateTestResult.PASSED, message=SAYS_GOOD)
    said = conditions("Registering", "the answers of the serving image are recorded", "Reconciling")
    assert decision == Decision(
        status=judged(
            make_result(gate=(test,)),
            attempt=1,
            conditions=said,
            stage=Stage.REGISTERING,
            images=Images(trainer=IMAGE, server=SERVER_IMAGE),
        )
    )


def test_number_is_taken_once_the_serving_image_has_answered() -> None:
    answered = ended(check_job(make_run()), GOOD).status

    decision = decide(view(make_run(status=answered)), NOW)

    assert (decision.create, decision.status.version_number) == ((), 1)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (ServingEngine(kind="Native"), "Native predicts"),
        (
            ServingEngine(kind="Sklearn", message="Native knows no such step"),
            "Sklearn predicts (Native knows no such step)",
        ),
    ],
)
def test_engine_of_the_serving_image_is_told(engine: ServingEngine, words: str) -> None:
    decision = ended(check_job(make_run()), GOOD.model_copy(update={"engine": engine}))

    [test] = gate_of(decision)
    assert test.message.endswith(f"a row takes 2.5 ms; {words}")
    assert decision.status.result.engine == engine


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            {"other_labels": 3, "example": "row 7: true expected, false answered"},
            "200 test rows asked, 3 with another label; row 7: true expected, false answered",
        ),
        (
            {"other_numbers": 1, "example": "row 1: 0.5 expected, 0.25 answered"},
            "200 test rows asked, 1 with other numbers; row 1: 0.5 expected, 0.25 answered",
        ),
        (
            {"refused": 200, "other_labels": 1, "example": "row 1: 400 no"},
            "200 test rows asked, 200 refused, 1 with another label; row 1: 400 no",
        ),
    ],
)
def test_other_answers_refuse_the_run(found: dict[str, Any], words: str) -> None:
    decision = ended(check_job(make_run()), CheckResult(rows=200, **found))

    assert gate_of(decision) == (
        GateTest(name="LoadAndQuery", result=GateTestResult.FAILED, message=words),
    )
    result = decision.status.result
    assert (result.verdict, result.verdict_reason) == (Verdict.REFUSED, "LoadAndQueryFailed")
    last = decide(view(make_run(status=decision.status)), NOW)
    message = f"LoadAndQueryFailed: the serving image fails with what was published: {words}"
    assert last == Decision(
        status=decision.status.model_copy(
            update={
                "conditions": conditions("Refused", message, "Complete", ready="True"),
                "stage": Stage.FINISHED,
                "completion_time": time_text(NOW),
            }
        )
    )


def test_artifact_that_was_changed_after_publishing_refuses_the_run() -> None:
    words = "'model.skops' has the SHA-256 aa, but bb is expected"
    failure = Failure(reason=FailureReason.ARTIFACT_DAMAGED, message=words)

    decision = ended(check_job(make_run()), failure, 10, "Error")

    assert decision.status.result.verdict_reason == "LoadAndQueryFailed"
    assert gate_of(decision) == (
        GateTest(name="LoadAndQuery", result=GateTestResult.FAILED, message=words),
    )


def test_artifact_of_an_earlier_release_has_nothing_to_ask_and_passes() -> None:
    decision = ended(check_job(make_run()), CheckResult(rows=0, load_seconds=1.5))

    words = "an earlier release published it, without rows to ask; it loads"
    assert gate_of(decision) == (
        GateTest(name="LoadAndQuery", result=GateTestResult.INCONCLUSIVE, message=words),
    )
    assert decision.status.result.verdict == Verdict.PASSED


def test_test_finds_room_among_sixteen() -> None:
    tests = [
        GateTest(name=f"slice {n}", result="Passed" if n < 9 else "Inconclusive") for n in range(16)
    ]
    run = make_run(status=judged(make_result(gate=tests), attempt=1))
    job = check_job(run)
    pod = job_pod(job, terminated(0, GOOD))

    names = [t.name for t in gate_of(decide(view(run, ended_job(job), pods=(pod,)), NOW))]

    assert names == [f"slice {n}" for n in range(16) if n != 8] + ["LoadAndQuery"]


UNAVAILABLE = Failure(reason=FailureReason.STORE_UNAVAILABLE, message="The store is silent")


@pytest.mark.parametrize("attempt", [1, 2])
def test_store_that_does_not_answer_is_asked_by_another_job(attempt: int) -> None:
    decision = ended(check_job(make_run(), attempt), UNAVAILABLE, 11, "Error")

    said = conditions("Verifying", "The store is silent; another Job asks again", "Reconciling")
    assert decision == Decision(
        status=judged(attempt=attempt, conditions=said),
        create=(as_sent(check_job(make_run(), attempt + 1)),),
    )


def test_lost_answer_is_asked_for_again() -> None:
    run = make_run(status=judged(attempt=1))

    decision = decide(view(run, ended_job(check_job(run))), NOW)

    assert decision.create == (as_sent(check_job(run, 2)),)


@pytest.mark.parametrize(
    ("message", "exit_code", "reason", "words"),
    [
        pytest.param(UNAVAILABLE, 11, "StoreUnavailable", "The store is silent", id="store"),
        pytest.param(
            Failure(reason=FailureReason.CREDENTIALS_REFUSED, message="403"),
            10,
            "CredentialsRefused",
            "403",
            id="keys",
        ),
        pytest.param(
            Failure(reason=FailureReason.INTERNAL, message="a defect"),
            1,
            "InternalError",
            "a defect",
            id="defect",
        ),
    ],
)
def test_what_says_nothing_of_the_model_fails_the_run_and_refuses_nothing(
    message: Failure, exit_code: int, reason: str, words: str
) -> None:
    decision = ended(check_job(make_run(), 3), message, exit_code, "Error")

    assert decision == Decision(
        status=judged(
            attempt=3,
            conditions=conditions(reason, words, "Stalled", "Failed"),
            stage=Stage.FINISHED,
            completion_time=time_text(NOW),
        )
    )


def test_model_that_a_server_has_no_memory_for_says_what_to_raise() -> None:
    decision = ended(check_job(make_run()), "", 137, "OOMKilled")

    assert decision.status.conditions == conditions(
        "OutOfMemory",
        "a server gets 1Gi of memory, and the published model does not load in that; raise "
        "`resources.memory` of the ModelDeployment, or of `deployment` in the ModelPipeline",
        "Stalled",
        "Failed",
    )


def test_deleted_job_is_made_again_under_another_name() -> None:
    run = make_run(status=judged(attempt=1))

    decision = decide(view(run, ended_job(train_job(run))), NOW)

    assert decision.create == (as_sent(check_job(run, 2)),)


def test_job_deleted_three_times_fails_the_run() -> None:
    run = make_run(status=judged(attempt=3))

    decision = decide(view(run, ended_job(train_job(run))), NOW)

    message = "the last of 3 Jobs of the serving image was deleted before its end"
    assert decision.create == ()
    assert decision.status.conditions == conditions("JobLost", message, "Stalled", "Failed")


def test_run_without_a_store_waits_for_one() -> None:
    run = make_run(status=judged())

    decision = decide(view(run, store=None), NOW)

    said = conditions(
        "ArtifactStoreMissing", "the namespace needs an ArtifactStore named 'default'", "Stalled"
    )
    assert decision == Decision(status=judged(conditions=said, stage=Stage.WAITING))


def test_suspended_run_asks_when_it_goes_on() -> None:
    run = make_run(status=judged(), suspend=True)

    decision = decide(view(run), NOW)

    message = "`spec.suspend` is true: when it is false, the serving image is asked"
    said = conditions("Suspended", message, "Suspended")
    assert decision == Decision(status=judged(conditions=said, stage=Stage.SUSPENDED))


def test_job_of_a_run_with_a_queue_waits_in_it_and_says_so() -> None:
    run = make_run(status=judged(), queue_name="team")
    [sent] = decide(view(run), NOW).create
    assert sent["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team"

    decision = decide(view(run, stored(sent)), NOW)

    assert (decision.create, decision.status.stage) == ((), Stage.QUEUED)
    assert decision.status.check == judged(attempt=1).check
    assert "team" in decision.status.conditions[0].message


def test_status_that_was_lost_is_read_from_the_job_that_learned() -> None:
    run = make_run()
    jobs = (train_job(run), check_job(run))

    decision = decide(view(run, *jobs), NOW)

    assert (decision.create, decision.status.attempt, decision.status.stage) == (
        (),
        1,
        Stage.TRAINING,
    )


def test_run_that_took_its_number_before_there_was_this_test_is_not_asked() -> None:
    assert is_verified(judged(version_number=4))
    assert not is_verified(judged())
    assert not is_verified(training())
