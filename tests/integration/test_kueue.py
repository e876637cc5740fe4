"""A run in a queue of the real Kueue, and Jobs by the real controller; only pods never start."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builders import Object, make_run
from tests.integration.conftest import MakeOperator
from tests.integration.lab import Lab, conditions, kubectl_of, lab_on
from tests.integration.local_server import LocalServer
from tests.integration.test_suspension import suspend, wait_gone, with_snapshot
from tests.servers.kueue_server import KueueServer

from tidewheel_contracts import labels
from tidewheel_dev import paths

_KUEUE = "kueue.x-k8s.io/v1beta2"
_WORKLOADS = "workloads.kueue.x-k8s.io"


@pytest.fixture
def server(local_server: LocalServer, tmp_path: Path) -> Iterator[LocalServer]:
    """Return an API server with the real Kueue, which would take part in all other tests."""
    server = LocalServer(tmp_path / "server", local_server.tools)
    kueue = KueueServer(tmp_path / "kueue", server)
    try:
        server.folder.mkdir()
        server.start()
        kueue.start()
        yield server
    finally:
        kueue.stop()
        server.stop()


@pytest.fixture
def lab(server: LocalServer, namespace: str) -> Lab:
    """Return a namespace of that server, which has our kinds."""
    folder = str(paths.REPOSITORY / "crds")
    kubectl = kubectl_of(server)
    kubectl("apply", "--server-side", "-f", folder, check=True)
    kubectl("wait", "--for=condition=Established", "-f", folder, check=True)
    return lab_on(server, namespace)


@pytest.fixture
def queue(lab: Lab) -> str:
    """Return a queue that has room for one of two small Jobs; the more urgent one pushes."""
    quota = [{"name": "cpu", "nominalQuota": "600m"}, {"name": "memory", "nominalQuota": "8Gi"}]
    flavors = [{"name": "nodes", "resources": quota}]
    spec = {
        "namespaceSelector": {},
        "resourceGroups": [{"coveredResources": ["cpu", "memory"], "flavors": flavors}],
        "preemption": {"withinClusterQueue": "LowerPriority"},
    }
    for kind, name, fields in (
        ("ResourceFlavor", "nodes", {}),
        ("ClusterQueue", "all", {"spec": spec}),
        ("WorkloadPriorityClass", "usual", {"value": 1, "description": "as most"}),
        ("WorkloadPriorityClass", "urgent", {"value": 9, "description": "before others"}),
    ):
        item = {"apiVersion": _KUEUE, "kind": kind, "metadata": {"name": name}, **fields}
        lab.run("create", "-f", "-", stdin=json.dumps(item))
    local = {"apiVersion": _KUEUE, "kind": "LocalQueue", "metadata": {"name": "team-a"}}
    lab.run("create", "-f", "-", stdin=json.dumps({**local, "spec": {"clusterQueue": "all"}}))
    return "team-a"


def put_in_queue(lab: Lab, name: str, queue: str, priority: str) -> None:
    """Let somebody else's Job take its place in a queue."""
    container = {"name": "main", "image": "x", "resources": {"requests": {"cpu": "300m"}}}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": {labels.QUEUE: queue, labels.QUEUE_PRIORITY: priority},
        },
        "spec": {
            "suspend": True,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }
    lab.run("create", "-f", "-", stdin=json.dumps(job))


def wait_to_say(lab: Lab, reason: str, words: str) -> None:
    """Wait until the run gives a reason in these words."""

    def missing() -> str | None:
        said = conditions(lab.get("trainingrun", "by-hand")).get("Ready", {})
        is_said = said.get("reason") == reason and words in said.get("message", "")
        return None if is_said else f"it says {said}"

    lab.wait_for(f"the run to say {words}", missing, seconds=60)


def own(items: list[Object]) -> list[str]:
    """Return the names of what belongs to the run."""
    names = [item["metadata"]["name"] for item in items]
    return [name for name in names if "by-hand" in name]


def test_run_waits_is_admitted_pushed_away_suspended_and_resumed(
    lab: Lab, make_operator: MakeOperator, server: LocalServer, queue: str
) -> None:
    make_operator(server.kubeconfig, TIDEWHEEL_KUEUE="true").start_ready()
    with_snapshot(lab)
    # Only now: until here the test itself has ended Jobs.
    server.start_controllers("job-controller", "garbage-collector-controller")
    put_in_queue(lab, "first", queue, "usual")
    lab.run("wait", "job/first", "--for=jsonpath={.spec.suspend}=false", "--timeout=60s")
    lab.create(make_run(queue_name=queue, priority_class_name="usual"))

    wait_to_say(
        lab, "Queued", "insufficient unused quota for cpu in flavor nodes, 200m more needed"
    )
    assert own(lab.list("pods")) == []
    lab.run("delete", "job", "first")
    wait_to_say(lab, "Training", "the training Job runs")

    put_in_queue(lab, "pusher", queue, "urgent")
    wait_to_say(lab, "Evicted", "Kueue took the Job's quota away (Preempted)")
    lab.run("delete", "job", "pusher")
    wait_to_say(lab, "Training", "the training Job runs")
    status = lab.the("trainingrun", "by-hand")["status"]
    assert (status["attempt"], status["failedAttempts"]) == (1, [])

    [job] = [item for item in lab.list("jobs") if own([item])]
    suspend(lab, value=True)
    wait_gone(lab, job)
    lab.wait_for(
        "Kueue to have its quota back", lambda: ", ".join(own(lab.list(_WORKLOADS))) or None
    )
    suspend(lab, value=False)
    wait_to_say(lab, "Training", "the training Job runs")
    status = lab.the("trainingrun", "by-hand")["status"]
    assert (status["attempt"], status["suspensions"]) == (2, 1)
