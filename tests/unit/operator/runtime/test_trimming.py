"""The cache keeps what rules read, and rules see no difference."""

import copy
from typing import Any

import pytest
from tests.builders import Object, make_dataset, make_deployment, make_run, make_version, stored
from tests.unit.operator.observations import (
    ended_job,
    job_pod,
    observed,
    terminated,
    train_job,
)

from tidewheel_contracts.job import Failure
from tidewheel_operator.manifests.serving_deployment import ServingOwner
from tidewheel_operator.manifests.serving_service import stable_service
from tidewheel_operator.policies.job_state import job_state, round_of
from tidewheel_operator.policies.pod_state import has_run_out_of_memory, image_of, problem_of
from tidewheel_operator.policies.training_job import facts_of_job
from tidewheel_operator.runtime.resources import (
    JOBS,
    MODEL_VERSIONS,
    PODS,
    RAY_JOBS,
    WORKLOADS,
    resource_of,
)
from tidewheel_operator.runtime.trimming import trimmed

JOB = train_job(make_run())
FAILURE = Failure(reason="TooFewRows", message="the snapshot has 3 rows")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.mark.parametrize(
    "item",
    [
        make_dataset(),
        make_run(metadata={"labels": {"a": "b"}, "annotations": {"c": "d"}}),
        make_deployment(),
        stored(stable_service(ServingOwner("flight-delay", "ml", "uid"), 1)),
    ],
    ids=lambda item: str(item["kind"]),
)
def test_object_is_kept_without_the_bookkeeping_of_server_and_kubectl(item: Object) -> None:
    kept = item["metadata"].get("annotations", {})
    metadata = {
        **item["metadata"],
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {**kept, LAST_APPLIED: "{}"},
    }

    found = trimmed(resource_of(item), {**item, "metadata": metadata})

    assert found == {**item, "metadata": {**item["metadata"], "annotations": kept}}


def test_object_that_is_trimmed_stays_as_it_is() -> None:
    for item in (make_version(), JOB, job_pod(JOB, {"running": {}})):
        before = copy.deepcopy(item)

        trimmed(resource_of(item), item)

        assert item == before


def test_equal_names_share_their_memory() -> None:
    one, other = (trimmed(JOBS, copy.deepcopy(JOB)) for _ in range(2))

    assert one["metadata"]["name"] is other["metadata"]["name"]


STATES: dict[str, Any] = {
    "running": {"running": {}},
    "no image": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}},
    "no secret": {"waiting": {"reason": "CreateContainerConfigError", "message": "no key"}},
    "failed": terminated(1, FAILURE),
    "out of memory": terminated(137, reason="OOMKilled"),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("is_restarted", [False, True], ids=["at first", "again"])
def test_trimmed_pod_tells_the_same(state: Object, is_restarted: bool) -> None:
    pod = job_pod(JOB, state)
    if is_restarted:
        [container] = pod["status"]["containerStatuses"]
        container.update(lastState=state, state={"waiting": {"reason": "CrashLoopBackOff"}})

    kept = trimmed(PODS, pod)

    assert (problem_of(kept), image_of(kept)) == (problem_of(pod), image_of(pod))
    assert has_run_out_of_memory(kept) == has_run_out_of_memory(pod)
    assert "spec" not in kept


def test_trimmed_pod_tells_that_no_node_takes_it() -> None:
    conditions = [
        {"type": "Initialized", "status": "True"},
        {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"},
    ]
    pod = job_pod(JOB, {}, containerStatuses=[], conditions=conditions)

    assert problem_of(trimmed(PODS, pod)) == problem_of(pod)
    assert problem_of(pod) is not None


@pytest.mark.parametrize(
    "job",
    [
        JOB,
        ended_job(JOB),
        ended_job(JOB, "Failed", "DeadlineExceeded", "too late"),
        ended_job(JOB, "FailureTarget"),
    ],
)
@pytest.mark.parametrize("state", [*STATES.values(), None], ids=[*STATES, "no pod"])
def test_trimmed_job_tells_the_same(job: Object, state: Object | None) -> None:
    pods = [job_pod(JOB, state)] if state is not None else []

    kept, kept_pods = trimmed(JOBS, job), [trimmed(PODS, pod) for pod in pods]

    assert job_state(kept, kept_pods) == job_state(job, pods)
    assert (facts_of_job(kept), round_of(kept)) == (facts_of_job(job), round_of(job))
    assert kept["spec"] != job["spec"]


def test_trimmed_job_tells_whether_it_is_suspended() -> None:
    job = {**JOB, "spec": {**JOB["spec"], "suspend": True}}

    assert trimmed(JOBS, job)["spec"].keys() == {"suspend", "template"}


def test_workload_is_kept_with_what_kueue_says_of_it() -> None:
    conditions = [{"type": "QuotaReserved", "status": "False", "message": "full"}]
    workload = {
        "metadata": {"name": "job-a", "labels": {"kueue.x-k8s.io/job-uid": "uid"}},
        "spec": {"active": True, "queueName": "lab", "podSets": [{"name": "main"}]},
        "status": {"conditions": conditions, "resourceRequests": [{"name": "main"}]},
    }

    assert trimmed(WORKLOADS, workload) == {
        "metadata": workload["metadata"],
        "spec": {"active": True},
        "status": {"conditions": conditions},
    }


def test_ray_job_is_kept_with_its_request_and_how_it_goes() -> None:
    request = {"tidewheel.dev/request": "{}"}
    ray_job = {
        "metadata": {"name": "run-a", "labels": {"tidewheel.dev/run": "run"}},
        "spec": {
            "suspend": False,
            "entrypoint": "python",
            "rayClusterSpec": {"headGroupSpec": {}},
            "submitterPodTemplate": {"metadata": {"annotations": request}, "spec": {}},
        },
        "status": {
            "jobStatus": "FAILED",
            "jobDeploymentStatus": "Failed",
            "reason": "AppFailed",
            "message": "exit code 10",
            "rayClusterStatus": {"state": "ready"},
        },
    }

    assert trimmed(RAY_JOBS, ray_job) == {
        "metadata": ray_job["metadata"],
        "spec": {
            "suspend": False,
            "submitterPodTemplate": {"metadata": {"annotations": request}},
        },
        "status": {
            "jobStatus": "FAILED",
            "jobDeploymentStatus": "Failed",
            "reason": "AppFailed",
            "message": "exit code 10",
        },
    }


def test_version_is_kept_without_metrics_and_columns() -> None:
    version = make_version(
        metrics=[{"name": "roc_auc", "value": "0.73"}],
        input_columns=[{"name": "distance", "type": "double"}],
    )

    kept = trimmed(MODEL_VERSIONS, version)

    assert observed(kept).spec == observed(make_version()).spec
