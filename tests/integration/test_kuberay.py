"""Runs whose search is a RayJob of the real KubeRay; only pods never start, so no Ray answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builders import Object, make_run
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab, conditions
from tests.integration.local_server import LocalServer
from tests.integration.test_suspension import suspend, with_snapshot
from tests.servers.kuberay_server import KubeRayServer
from tests.unit.operator.observations import terminated

from tidewheel_contracts import labels
from tidewheel_contracts.job import Failure, FailureReason, SearchResult, Wire

NOW = "2026-11-21T12:00:00Z"
SEARCH = {"trials": 4, "parallelism": 2}
FOUND = SearchResult(
    trials=4, finished=4, failed=0, pruned=0, best_candidate="boosting", best_score="0.7"
)

LOST = Failure(reason=FailureReason.RAY_UNAVAILABLE, message="a part of the search was lost")


@pytest.fixture
def kuberay(local_server: LocalServer, namespace: str, tmp_path: Path) -> Iterator[KubeRayServer]:
    """Return KubeRay for the test's namespace, not yet installed."""
    server = KubeRayServer(tmp_path, local_server, namespace)
    yield server
    server.remove()


def wait_to_say(lab: Lab, name: str, reason: str, words: str) -> Object:
    """Wait until a run gives a reason in these words; return it."""
    found: list[Object] = []

    def missing() -> str | None:
        found[:] = [lab.the("trainingrun", name)]
        said = conditions(found[0]).get("Ready", {})
        is_said = said.get("reason") == reason and words in said.get("message", "")
        return None if is_said else f"it says {said}"

    lab.wait_for(f"run {name} to say {words}", missing, seconds=60)
    return found[0]


def ray_job_of(lab: Lab, run: str) -> Object:
    """Wait for a run's RayJob that KubeRay has looked at; return it."""
    found: list[Object] = []

    def missing() -> str | None:
        items = [item for item in lab.list("rayjobs") if run in item["metadata"]["name"]]
        found[:] = [item for item in items if (item.get("status") or {}).get("jobDeploymentStatus")]
        return None if found else "there is none"

    lab.wait_for(f"a RayJob of {run}", missing, seconds=60)
    return found[0]


def pods_of(lab: Lab, ray_job: Object) -> list[Object]:
    """Wait for the pods of a RayJob's cluster; return its head and workers in this order."""
    name, found = ray_job["metadata"]["name"], list[Object]()

    def missing() -> str | None:
        pods = [pod for pod in lab.list("pods") if _label(pod, labels.RAY_JOB) == name]
        found[:] = sorted(pods, key=lambda pod: _label(pod, "ray.io/node-type"))
        return None if len(pods) == 3 else f"there are {len(pods)}"

    lab.wait_for(f"the pods of {name}", missing, seconds=60)
    return found


def _label(pod: Object, name: str) -> str:
    return str(pod["metadata"]["labels"].get(name, ""))


def run_pod(lab: Lab, pod: Object, number: int) -> None:
    """Let a pod be as the kubelet reports one that is ready."""
    ready = [{"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady")]
    status = {"phase": "Running", "podIP": f"10.0.0.{number}", "conditions": ready}
    lab.patch("pod", pod["metadata"]["name"], {"status": status}, "status")


def kill_for_memory(lab: Lab, pod: Object) -> None:
    """Let a pod be as the kubelet reports one whose container it has just started again."""
    [container] = pod["spec"]["containers"]
    killed = {"exitCode": 137, "reason": "OOMKilled", "startedAt": NOW, "finishedAt": NOW}
    told = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": True,
        "restartCount": 1,
        "state": {"running": {"startedAt": NOW}},
        "lastState": {"terminated": killed},
    }
    change = {"status": {"containerStatuses": [told]}}
    lab.patch("pod", pod["metadata"]["name"], change, "status")


def end_search(lab: Lab, ray_job: Object, message: Wire) -> None:
    """Let the pod that submitted a search say a message, and its RayJob end; KubeRay is away."""
    is_failure = isinstance(message, Failure)
    lab.show_pod(submitter_of(lab, ray_job), terminated(10 if is_failure else 0, message))
    ending = {"jobStatus": "SUCCEEDED", "jobDeploymentStatus": "Complete"}
    if is_failure:
        ending = {"jobStatus": "FAILED", "jobDeploymentStatus": "Failed", "reason": "AppFailed"}
    lab.patch("rayjob", ray_job["metadata"]["name"], {"status": ending}, "status")


def submitter_of(lab: Lab, ray_job: Object) -> Object:
    """Wait for the Job by which KubeRay submits."""
    name = ray_job["metadata"]["name"]
    lab.wait_for(
        f"Job {name}", lambda: None if lab.get("job", name) else "it is not there", seconds=60
    )
    return lab.the("job", name)


def test_search_begins_with_kuberay_is_resumed_and_ends_by_what_its_submitter_said(
    lab: Lab, make_operator: MakeOperator, kuberay: KubeRayServer, namespace: str
) -> None:
    lab.kubectl(
        *("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"),
        check=True,
    )
    make_operator(TIDEWHEEL_RAY_JOBS="true").start_ready()
    with_snapshot(lab)
    lab.create(make_run(engine="RayJob", search=SEARCH))
    wait_to_say(lab, "by-hand", "EngineMissing", "install KubeRay 1.5 or later")

    kuberay.start()
    first = ray_job_of(lab, "by-hand")
    head, *workers = pods_of(lab, first)
    assert head["spec"]["automountServiceAccountToken"] is False
    [container] = head["spec"]["containers"]
    assert "ray start --head" in container["args"][0]
    assert all("wget" not in str(pod) for pod in (head, *workers))
    # KubeRay makes the Secret of the token; the store's keys are the workers' alone.
    assert {"RAY_AUTH_TOKEN"} <= {each["name"] for each in container["env"]}
    assert "AWS_SECRET_ACCESS_KEY" not in str(head)
    assert all("AWS_SECRET_ACCESS_KEY" in str(pod) for pod in workers)
    wait_to_say(lab, "by-hand", "Searching", "the pods of the search run its trials")

    refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    problem = {"conditions": [{**refused, "message": "0/1 nodes are available"}]}
    lab.patch("pod", workers[0]["metadata"]["name"], {"status": problem}, "status")
    wait_to_say(lab, "by-hand", "Unschedulable", "0/1 nodes are available")

    suspend(lab, value=True)
    wait_to_say(lab, "by-hand", "Suspended", "goes on with the trials that are in the store")
    lab.run("wait", "--for=delete", f"rayjob/{first['metadata']['name']}", "--timeout=60s")
    suspend(lab, value=False)
    second = ray_job_of(lab, "by-hand")
    for number, pod in enumerate(pods_of(lab, second), start=2):
        run_pod(lab, pod, number)
    submitter_of(lab, second)

    # From here on KubeRay would ask the cluster's own dashboard.
    kuberay.stop()
    end_search(lab, second, FOUND)
    run = wait_to_say(lab, "by-hand", "Training", "the training Job runs")
    search = run["status"]["search"]
    assert (search["finished"], search["bestScore"], search["finishedPods"]) == (4, "0.7", 2)
    assert (run["status"]["attempt"], run["status"]["suspensions"]) == (3, 1)
    assert run["status"]["failedAttempts"] == []


def test_operator_that_ends_in_the_middle_of_a_search_goes_on_with_its_ray_job(
    lab: Lab, make_operator: MakeOperator, kuberay: KubeRayServer
) -> None:
    kuberay.start()
    operator = make_operator(TIDEWHEEL_RAY_JOBS="true")
    operator.start_ready()
    with_snapshot(lab)
    lab.create(make_run(engine="RayJob", search=SEARCH))
    begun = ray_job_of(lab, "by-hand")
    wait_to_say(lab, "by-hand", "Searching", "the pods of the search run its trials")

    operator.kill()
    for number, pod in enumerate(pods_of(lab, begun), start=2):
        run_pod(lab, pod, number)
    submitter_of(lab, begun)
    kuberay.stop()
    operator.start_ready()
    wait_to_say(lab, "by-hand", "Searching", "the pods of the search run its trials")
    assert [item["metadata"]["uid"] for item in lab.list("rayjobs")] == [begun["metadata"]["uid"]]

    operator.kill()
    end_search(lab, begun, FOUND)
    operator.start_ready()
    run = wait_to_say(lab, "by-hand", "Training", "the training Job runs")
    assert (run["status"]["attempt"], run["status"]["failedAttempts"]) == (2, [])
    assert run["status"]["search"]["finished"] == 4


def test_search_whose_workers_were_killed_for_memory_is_tried_once_with_more(
    lab: Lab, make_operator: MakeOperator, kuberay: KubeRayServer
) -> None:
    kuberay.start()
    make_operator(TIDEWHEEL_RAY_JOBS="true").start_ready()
    with_snapshot(lab)
    asked = {"resources": {"memory": "2Gi"}, "retry": {"memory_limit": "4Gi"}}
    lab.create(make_run(engine="RayJob", search=SEARCH, **asked))
    begun = ray_job_of(lab, "by-hand")
    _, *workers = pods = pods_of(lab, begun)
    for number, pod in enumerate(pods, start=2):
        run_pod(lab, pod, number)
    submitter_of(lab, begun)

    kill_for_memory(lab, workers[0])
    lab.wait_for("the run to count the worker", lambda: _lacks_killed_workers(lab, 1))
    kuberay.stop()
    for pod in workers:
        lab.run("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    end_search(lab, begun, LOST)

    lab.wait_for(
        "another RayJob", lambda: None if len(lab.list("rayjobs")) == 2 else "there is none"
    )
    limits = {
        item["metadata"]["annotations"][labels.ROUND]: _limits_of_workers(item)
        for item in lab.list("rayjobs")
    }
    assert limits == {"1": {"memory": "3Gi"}, "2": {"memory": "5Gi"}}
    [attempt] = lab.the("trainingrun", "by-hand")["status"]["failedAttempts"]
    assert attempt["reason"] == "OutOfMemory"
    assert attempt["message"].endswith("raise it; then a part of the search was lost")


def _lacks_killed_workers(lab: Lab, count: int) -> str | None:
    found = lab.the("trainingrun", "by-hand")["status"].get("search", {}).get("killedWorkers", 0)
    return None if found == count else f"{found} are counted"


def _limits_of_workers(ray_job: Object) -> Object:
    [group] = ray_job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    [container] = group["template"]["spec"]["containers"]
    limits: Object = container["resources"]["limits"]
    return limits


def test_run_fails_as_its_ray_job_does(
    lab: Lab, make_operator: MakeOperator, kuberay: KubeRayServer
) -> None:
    kuberay.start()
    make_operator(TIDEWHEEL_RAY_JOBS="true").start_ready()
    with_snapshot(lab)
    lab.create(make_run("late", engine="RayJob", search=SEARCH))
    lab.create(make_run("odd", engine="RayJob", search=SEARCH))
    late, odd = ray_job_of(lab, "late"), ray_job_of(lab, "odd")

    # No deadline of a run is so short, and no spec of ours is refused: a person changes both.
    lab.patch("rayjob", late["metadata"]["name"], {"spec": {"activeDeadlineSeconds": 1}})
    lab.patch("rayjob", odd["metadata"]["name"], {"spec": {"backoffLimit": -1}})

    wait_to_say(lab, "late", "DeadlineExceeded", "`search.maxSeconds` ends a search in time")
    run = wait_to_say(lab, "odd", "ValidationFailed", "backoffLimit must be a positive integer")
    assert conditions(run)["Failed"]["status"] == "True"
    [attempt] = run["status"]["failedAttempts"]
    assert (attempt["number"], attempt["jobName"]) == (1, odd["metadata"]["name"])
