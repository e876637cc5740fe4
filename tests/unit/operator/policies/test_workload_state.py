"""What a version's Deployment says about its pods."""

from typing import Any

import pytest
from tests.builders import Object, make_dataset, stored
from tests.unit.operator.observations import collect_job, job_pod, terminated

from tidewheel_contracts import labels
from tidewheel_contracts.job import Failure, FailureReason
from tidewheel_operator.policies.pod_state import PodProblem, image_of, problem_of
from tidewheel_operator.policies.workload_state import WorkloadState, number_of, workload_state

READY = {
    "observedGeneration": 2,
    "replicas": 3,
    "updatedReplicas": 3,
    "readyReplicas": 3,
    "availableReplicas": 3,
}


def deployment(status: Object | None, **own_labels: str) -> Object:
    """Return a Deployment of generation 2 that wants three pods."""
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "flight-delay-v4",
            "namespace": "ml",
            "labels": own_labels or {labels.VERSION: "4"},
        },
        "spec": {"replicas": 3},
    }
    return stored(manifest, status, generation=2)


@pytest.mark.parametrize(
    ("status", "ready", "is_complete"),
    [
        pytest.param(None, 0, False, id="nothing yet"),
        pytest.param(READY, 3, True, id="all pods answer"),
        pytest.param({**READY, "readyReplicas": 2}, 2, False, id="one is not ready"),
        pytest.param({**READY, "availableReplicas": 2}, 3, False, id="one is not available"),
        pytest.param({**READY, "updatedReplicas": 2}, 3, False, id="one is of an older template"),
        pytest.param(
            {**READY, "replicas": 4}, 3, False, id="all are new, and an older one is left"
        ),
        pytest.param({**READY, "observedGeneration": 1}, 3, False, id="of an older generation"),
        pytest.param({**READY, "readyReplicas": 4}, 4, True, id="one more than wanted"),
    ],
)
def test_state_of_a_workload(status: Object | None, ready: int, is_complete: bool) -> None:
    assert workload_state(deployment(status), []) == WorkloadState(4, ready, is_complete)


def test_deployment_without_a_number_is_no_versions() -> None:
    assert workload_state(deployment(READY, other="label"), []) is None


@pytest.mark.parametrize(
    ("metadata", "number"),
    [
        pytest.param({"labels": {labels.VERSION: "12"}}, 12, id="a number"),
        pytest.param({"labels": {labels.VERSION: "latest"}}, None, id="a word"),
        pytest.param({"labels": None}, None, id="no labels"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_number_of_an_object(metadata: Object, number: int | None) -> None:
    assert number_of({"metadata": metadata}) == number


FAILURE = Failure(reason=FailureReason.ARTIFACT_DAMAGED, message="bytes do not match")


def pod(state: Object, last: Object | None = None) -> Object:
    item = job_pod(collect_job(make_dataset()), state)
    if last is not None:
        item["status"]["containerStatuses"][0]["lastState"] = last
    return item


CRASH_LOOP = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.mark.parametrize(
    ("state", "last", "problem"),
    [
        pytest.param({"running": {}}, None, None, id="nothing while it runs"),
        pytest.param(
            {"running": {}}, terminated(1), None, id="nothing while it runs after a failure"
        ),
        pytest.param(terminated(0), None, None, id="nothing when it ended well"),
        pytest.param(CRASH_LOOP, None, None, id="nothing before it failed"),
        pytest.param(
            CRASH_LOOP,
            terminated(20, FAILURE),
            PodProblem("ArtifactDamaged", "bytes do not match"),
            id="its own words while it waits for a restart",
        ),
        pytest.param(
            terminated(20, FAILURE),
            None,
            PodProblem("ArtifactDamaged", "bytes do not match"),
            id="its own words when it has just ended",
        ),
        pytest.param(
            CRASH_LOOP,
            terminated(137, "", "OOMKilled"),
            PodProblem(
                "OutOfMemory", "the pod used more memory than `resources.memory` allows; raise it"
            ),
            id="too little memory",
        ),
        pytest.param(
            CRASH_LOOP,
            terminated(1, "Traceback\nImportError"),
            PodProblem(
                "ProgramFailed", "the program ended with exit code 1: Traceback\nImportError"
            ),
            id="its last log lines",
        ),
    ],
)
def test_problem_of_a_pod(state: Object, last: Object | None, problem: PodProblem | None) -> None:
    assert problem_of(pod(state, last)) == problem


def test_problem_of_a_version_is_the_first_of_its_pods() -> None:
    pods: list[Any] = [pod({"running": {}}), pod(CRASH_LOOP, terminated(20, FAILURE))]

    found = workload_state(deployment({**READY, "readyReplicas": 2}), pods)

    assert found == WorkloadState(
        4, 2, is_complete=False, problem=PodProblem("ArtifactDamaged", "bytes do not match")
    )


def test_image_of_a_pod_is_the_resolved_one() -> None:
    assert image_of(pod({"running": {}})) == "registry.test/trainer:1@sha256:1"
    assert image_of({"status": {}}) == ""
