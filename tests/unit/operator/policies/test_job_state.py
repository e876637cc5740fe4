"""What a Job and its pods say: how it goes, how it ended, and in whose words."""

from typing import Any

import pytest
from tests.builders import digest, make_dataset, make_result, make_snapshot
from tests.unit.operator.observations import collect_job, ended_job, job_pod, terminated

from tidewheel_contracts import labels
from tidewheel_contracts.job import (
    CollectResult,
    Failure,
    FailureReason,
    ProbeResult,
    PruneResult,
    TrainResult,
)
from tidewheel_operator.policies.job_state import Ended, JobState, Running, job_state, round_of
from tidewheel_operator.policies.pod_state import PodProblem

JOB = collect_job(make_dataset())
IMAGE = "registry.test/trainer:1@sha256:1"
COLLECTED = CollectResult(snapshot=make_snapshot(), source_fingerprint=digest("source"))
TRAINED = TrainResult(result=make_result())
PROBED = ProbeResult(fingerprint=digest("source"), new_rows=3)
PRUNED = PruneResult(snapshots=2, parts=5)
FAILURE = Failure(
    reason=FailureReason.SOURCE_EMPTY, message="no object below 'raw/'", failures=("x is null",)
)
TOLD = Ended(
    None,
    "SourceEmpty",
    "no object below 'raw/'",
    IMAGE,
    is_told=True,
    failures=("x is null",),
)
OUT_OF_MEMORY = "the pod used more memory than `resources.memory` allows; raise it"
DEADLINE = "Job was active longer than specified deadline"
BACKOFF = "Job has reached the specified backoff limit"
POLICY = "Container main for pod ml/x failed with exit code 10 matching FailJob rule at index 1"


@pytest.mark.parametrize(
    ("job", "states", "expected"),
    [
        pytest.param(
            ended_job(JOB),
            [terminated(0, COLLECTED)],
            Ended(COLLECTED, image=IMAGE),
            id="a collection succeeds",
        ),
        pytest.param(
            ended_job(JOB),
            [terminated(0, TRAINED)],
            Ended(TRAINED, image=IMAGE),
            id="a training succeeds",
        ),
        pytest.param(
            ended_job(JOB),
            [terminated(0, PROBED)],
            Ended(PROBED, image=IMAGE),
            id="a probe succeeds",
        ),
        pytest.param(
            ended_job(JOB),
            [terminated(0, PRUNED)],
            Ended(PRUNED, image=IMAGE),
            id="a removal of old snapshots succeeds",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "PodFailurePolicy", POLICY),
            [terminated(10, FAILURE, "Error")],
            TOLD,
            id="a program says why it gave up",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "BackoffLimitExceeded", BACKOFF),
            [terminated(137, "", "OOMKilled")],
            Ended(None, "OutOfMemory", OUT_OF_MEMORY, IMAGE),
            id="a program takes too much memory",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "PodFailurePolicy", POLICY),
            [terminated(0, FAILURE)],
            TOLD,
            id="a failure message counts whatever the exit code",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "DeadlineExceeded", DEADLINE),
            [],
            Ended(None, "DeadlineExceeded", DEADLINE),
            id="the deadline passes and takes the pods with it",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "DeadlineExceeded", DEADLINE),
            [terminated(143, "reading part 3\n", "Error")],
            Ended(
                None,
                "DeadlineExceeded",
                "the deadline passed before the end; its last words: reading part 3",
                IMAGE,
            ),
            id="the deadline passes and the pod has last words",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "DeadlineExceeded", DEADLINE),
            [terminated(137, "", "OOMKilled")],
            Ended(None, "OutOfMemory", OUT_OF_MEMORY, IMAGE),
            id="memory explains more than the deadline",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "BackoffLimitExceeded", BACKOFF),
            [terminated(143, "", "Error")],
            Ended(None, "ProgramFailed", "the program ended with exit code 143", IMAGE),
            id="SIGTERM ends the program too often",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "PodFailurePolicy", POLICY),
            [terminated(1, "Traceback: x\nKeyError", "Error")],
            Ended(
                None,
                "ProgramFailed",
                "the program ended with exit code 1; its last words: Traceback: x\nKeyError",
                IMAGE,
            ),
            id="a program crashes",
        ),
        pytest.param(
            ended_job(JOB),
            [terminated(0, "")],
            Ended(None, "ProgramFailed", "the program ended with exit code 0", IMAGE),
            id="a program succeeds without a message",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "PodFailurePolicy", POLICY),
            [terminated(1, COLLECTED, "Error")],
            Ended(
                None,
                "ProgramFailed",
                f"the program ended with exit code 1; its last words: {COLLECTED.to_json()}",
                IMAGE,
            ),
            id="a result beside a bad exit code is no result",
        ),
        pytest.param(
            ended_job(JOB),
            [],
            Ended(None, "ResultMissing", "the Job succeeded but its pod is gone"),
            id="a Job succeeds and its pod is gone",
        ),
        pytest.param(
            ended_job(JOB, "Failed", "BackoffLimitExceeded", BACKOFF),
            [],
            Ended(None, "BackoffLimitExceeded", BACKOFF),
            id="a Job fails and its pod is gone",
        ),
        pytest.param(
            ended_job(JOB, "Failed"),
            [{"running": {}}],
            Ended(None, "JobFailed", "the Job failed and its pod is gone"),
            id="a Job fails without a word",
        ),
        pytest.param(JOB, [], Running(), id="a Job has no pod yet"),
        pytest.param(JOB, [{"running": {}}], Running(), id="a Job runs"),
        pytest.param(
            JOB,
            [{"waiting": {"reason": "ContainerCreating"}}],
            Running(),
            id="a Job's container is being made",
        ),
        pytest.param(
            ended_job(JOB, "Suspended"), [], Running(), id="a suspended Job has not failed"
        ),
        pytest.param(
            ended_job(JOB, "FailureTarget", "DeadlineExceeded", DEADLINE),
            [{"running": {}}],
            Running(is_ending=True),
            id="a Job's pods are being taken away",
        ),
        pytest.param(
            JOB,
            [{"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}],
            Running(
                PodProblem(
                    "ImagePullFailed", "image 'registry.test/trainer:1' cannot be had: not found"
                )
            ),
            id="an image cannot be had",
        ),
        pytest.param(
            JOB,
            [{"waiting": {"reason": "InvalidImageName"}}],
            Running(
                PodProblem(
                    "ImagePullFailed",
                    "image 'registry.test/trainer:1' cannot be had: InvalidImageName",
                )
            ),
            id="an image cannot be had and nobody says why",
        ),
        pytest.param(
            JOB,
            [
                {
                    "waiting": {
                        "reason": "CreateContainerConfigError",
                        "message": 'secret "s3-keys" not found',
                    }
                }
            ],
            Running(
                PodProblem(
                    "SecretMissing",
                    'the ArtifactStore\'s Secret does not serve: secret "s3-keys" not found',
                )
            ),
            id="the Secret is missing",
        ),
    ],
)
def test_state_of_a_job(
    job: dict[str, Any], states: list[dict[str, Any]], expected: JobState
) -> None:
    pods = [job_pod(job, state, name=f"pod-{index}") for index, state in enumerate(states)]

    assert job_state(job, pods) == expected


def test_pod_that_no_node_takes() -> None:
    pod = job_pod(JOB, {})
    pod["status"] = {
        "conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: too little memory"}
        ]
    }

    assert job_state(JOB, [pod]) == Running(
        PodProblem("Unschedulable", "no node takes the pod: 0/1 nodes: too little memory")
    )


def test_newest_pod_of_a_retried_job_speaks() -> None:
    older = job_pod(JOB, terminated(11, "", "Error"), name="older")
    newer = job_pod(JOB, terminated(0, COLLECTED), name="newer")
    newer["metadata"]["creationTimestamp"] = "2026-11-21T11:00:10Z"

    assert job_state(ended_job(JOB), [older, newer]) == Ended(COLLECTED, image=IMAGE)


def test_successful_pod_speaks_when_two_pods_are_as_new() -> None:
    failed = job_pod(JOB, terminated(11, "", "Error"), name="a")
    succeeded = job_pod(JOB, terminated(0, COLLECTED), name="b")

    assert job_state(ended_job(JOB), [failed, succeeded]) == Ended(COLLECTED, image=IMAGE)


def test_running_retry_is_explained_by_the_failure_before_it() -> None:
    failed = job_pod(JOB, terminated(11, FAILURE, "Error"), name="failed")

    assert job_state(JOB, [failed]) == Running(PodProblem("SourceEmpty", "no object below 'raw/'"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("7", 7, id="a number"),
        pytest.param("", 0, id="nothing"),
        pytest.param("first", 0, id="a word that somebody wrote"),
        pytest.param("-1", 0, id="a negative number"),
        pytest.param("²", 0, id="a digit that is none"),
        pytest.param("9" * 5000, 0, id="more digits than Python reads"),
    ],
)
def test_round_of_a_job(text: str, number: int) -> None:
    job = collect_job(make_dataset())
    job["metadata"]["annotations"][labels.ROUND] = text

    assert round_of(job) == number


def test_round_of_a_job_without_annotations() -> None:
    job = collect_job(make_dataset())
    del job["metadata"]["annotations"]

    assert round_of(job) == 0
