"""Runs in a queue of the real Kueue, and a search that a person suspends and resumes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.e2e.lab import Lab, Object, Run, condition, start_run, training, verdict_of

from tidewheel_contracts import labels
from tidewheel_contracts.api.v1alpha1.common import Candidate
from tidewheel_contracts.artifact.layout import model_folder, search_folder
from tidewheel_dev import kueue

if TYPE_CHECKING:
    from tidewheel_dev.cluster import ClusterHandle

_KUEUE = "kueue.x-k8s.io/v1beta2"
_FLAVOR = "e2e"
_SMALL = {"resources": {"cpu_milli": 300, "memory": "512Mi"}}
_BOOSTING = Candidate.model_validate(
    {
        "name": "boosting",
        "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
        "space": [
            {"parameter": "learning_rate", "number": {"low": "0.01", "high": "0.3"}},
            {"parameter": "max_iter", "integer": {"low": 100, "high": 300}},
        ],
    }
)


@pytest.fixture(scope="module")
def _kueue(cluster: "ClusterHandle") -> Iterator[None]:
    """Have Kueue in the cluster for the tests of this file."""
    with kueue.running(cluster):
        yield


@pytest.fixture
def queue(shop: Lab, kubectl: Run, _kueue: None) -> str:
    """Return a LocalQueue whose quota is enough for one small pod."""
    name = shop.namespace
    quota = [{"name": "cpu", "nominalQuota": "300m"}, {"name": "memory", "nominalQuota": "1Gi"}]
    flavor = {"name": _FLAVOR, "resources": quota}
    group = {"coveredResources": ["cpu", "memory"], "flavors": [flavor]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    everywhere = [
        {"apiVersion": _KUEUE, "kind": "ResourceFlavor", "metadata": {"name": _FLAVOR}},
        {
            "apiVersion": _KUEUE,
            "kind": "ClusterQueue",
            "metadata": {"name": name},
            "spec": {"namespaceSelector": selector, "resourceGroups": [group]},
        },
    ]
    for item in everywhere:
        kubectl("apply", "-f", "-", stdin=json.dumps(item), check=True)
    shop.create_object(
        {
            "apiVersion": _KUEUE,
            "kind": "LocalQueue",
            "metadata": {"name": "team-a"},
            "spec": {"clusterQueue": name},
        }
    )
    return "team-a"


def _status(lab: Lab, name: str) -> Object:
    run = lab.get("trainingrun", name)
    assert run is not None
    status: Object = run["status"]
    return status


def _wait_to_say(lab: Lab, name: str, words: str) -> None:
    def missing() -> str | None:
        said = condition(lab.get("trainingrun", name), "Ready").get("message", "")
        return None if words in said else f"it says {said}"

    lab.wait_for(f"run {name} to say {words}", missing)


def test_run_waits_for_its_quota_by_kueues_words_and_ends_with_a_version(
    shop: Lab, queue: str
) -> None:
    # Whoever fills the queue: a Job of somebody else that Kueue lets run until it is deleted.
    shop.create_object(_sleeper(shop, queue))
    shop.run("wait", "job/sleeper", "--for=jsonpath={.spec.suspend}=false", "--timeout=60s")
    start_run(shop, "patient", training(queue_name=queue, **_SMALL))
    _wait_to_say(shop, "patient", "insufficient unused quota for cpu in flavor e2e")

    status = _status(shop, "patient")
    assert (status["stage"], status["attempt"]) == ("Queued", 1)
    assert [pod for pod in shop.list("pod") if labels.RUN in pod["metadata"]["labels"]] == []
    shop.run("delete", "job", "sleeper")

    verdict_of(shop, "patient", "Registered")
    status = _status(shop, "patient")
    assert (status["versionName"], status["attempt"]) == ("buyer-v1", 1)


def test_evicted_run_says_so_and_goes_on(shop: Lab, queue: str) -> None:
    start_run(
        shop,
        "pushed",
        training(_BOOSTING, search={"trials": 12, "parallelism": 1}, queue_name=queue, **_SMALL),
    )
    shop.wait_ready("trainingrun", "pushed", ["Searching"])
    [workload] = [item["metadata"]["name"] for item in shop.list("workloads.kueue.x-k8s.io")]
    for active, reason in (("false", "Queued"), ("true", "Searching")):
        change = f'{{"spec": {{"active": {active}}}}}'
        shop.run("patch", "workloads.kueue.x-k8s.io", workload, "--type=merge", "-p", change)
        shop.wait_ready("trainingrun", "pushed", [reason])

    verdict_of(shop, "pushed", "Registered")
    status = _status(shop, "pushed")
    assert (status["attempt"], status.get("failedAttempts", [])) == (2, [])


def test_suspended_search_is_resumed_with_its_trials(shop: Lab) -> None:
    start_run(
        shop, "paused", training(_BOOSTING, search={"trials": 16, "parallelism": 2}, **_SMALL)
    )
    shop.wait_ready("trainingrun", "paused", ["Searching"])

    def missing() -> str | None:
        return None if len(_trials(shop, "paused")) >= 3 else "there are fewer than three trials"

    shop.wait_for("some trials to end", missing)
    _suspend(shop, "true")
    shop.wait_ready("trainingrun", "paused", ["Suspended"])

    def left() -> str | None:
        found = [pod for pod in shop.list("pod") if labels.RUN in pod["metadata"]["labels"]]
        return f"{len(found)} pods are there" if found else None

    shop.wait_for("its pods to go", left)
    before = _trials(shop, "paused")
    _suspend(shop, "false")

    verdict_of(shop, "paused", "Registered")
    after, status = _trials(shop, "paused"), _status(shop, "paused")
    assert {key: after[key] for key in before} == before
    assert len(before) < len(after) == status["search"]["trials"]
    assert (status["versionName"], status["suspensions"]) == ("buyer-v1", 1)
    assert status.get("failedAttempts", []) == []


def _suspend(lab: Lab, value: str) -> None:
    change = f'{{"spec": {{"suspend": {value}}}}}'
    lab.run("patch", "trainingrun", "paused", "--type=merge", "-p", change)


def _trials(lab: Lab, name: str) -> dict[str, object]:
    """Return when each trial that has ended was written, by its key in the store."""
    run = lab.get("trainingrun", name)
    assert run is not None
    prefix = f"tidewheel-{lab.namespace}"
    folder = model_folder(prefix, lab.namespace, "buyer", run["metadata"]["uid"])
    pages = lab.bucket.client.get_paginator("list_objects_v2")
    return {
        item["Key"]: item["LastModified"]
        for page in pages.paginate(Bucket=lab.bucket.name, Prefix=search_folder(folder))
        for item in page.get("Contents", ())
        if item["Key"].endswith(".json")
    }


def _sleeper(lab: Lab, queue: str) -> Object:
    """Return a Job that uses up the queue's quota: any image of ours that goes on running."""
    container = {
        "name": "main",
        "image": "localhost/tidewheel-trainer:dev",
        "command": ["python", "-c", "import signal; signal.pause()"],
        "resources": {"requests": {"cpu": "300m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "sleeper", "labels": {labels.QUEUE: queue}},
        "spec": {"suspend": True, "template": {"spec": pod}},
    }
